import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { Refusal, serverError, throttled, type Answer } from './answer.js'
import type { Backend, Input } from './backend.js'
import { CapacityModel, type CapacityOptions } from './capacity-model.js'
import { drawLatencyMs, FaultPlan, type Effect, type Fault, type FaultKind } from './faults.js'
import type { Latency } from './faults.js'
import { ConditionalPath, type ConditionalRequest } from './conditional-path.js'
import { MemoryDynamodb } from './memory-dynamodb.js'
import { seededRandom, type Random } from './random.js'
import { Reply } from './reply.js'
import { UpstreamDynamodb } from './upstream-dynamodb.js'
import { WriteLog } from './write-log.js'
import { WritePath, type Poison, type WriteCounts, type WriteRequest } from './write-path.js'

export interface FaultyDynamodbOptions {
  /** Endpoint of the server that does the work; in memory without it. */
  readonly upstream?: string
  /** The same seed befalls the same sequence of requests with the same faults. @default 1 */
  readonly seed?: number
  readonly faults?: readonly Fault[]
  readonly latency?: Latency
  /** Enforces write capacity; unlimited without it. */
  readonly capacity?: CapacityOptions
  /** Most time between a failed request and its late effect. @default 100 */
  readonly lateApplyMs?: number
  /** Items for which a whole batch is refused. */
  readonly poison?: Poison
}

const LATE_APPLY_MS = 100
const HANG_MS_MAX = 60_000
const ITEM_WRITES = new Set(['BatchWriteItem', 'PutItem', 'DeleteItem'])

export class FaultyDynamodb {
  readonly #options: FaultyDynamodbOptions
  readonly #backend: Backend
  readonly #path: WritePath
  readonly #conditional: ConditionalPath
  readonly #server: Server
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #serving = new Set<Promise<void>>()
  #plan: FaultPlan
  #port = 0
  #paused: PromiseWithResume | undefined

  /** The data, when it is kept in memory. */
  readonly memory: MemoryDynamodb | undefined
  readonly capacity: CapacityModel | undefined
  readonly log = new WriteLog()
  /** Requests so far, by operation. */
  readonly requests: { [operation: string]: number } = {}
  /** Faults so far, by kind. */
  readonly injected: { [kind in FaultKind]?: number } = {}

  constructor(options: FaultyDynamodbOptions) {
    this.#options = options
    this.memory = options.upstream === undefined ? new MemoryDynamodb() : undefined
    this.#backend = this.memory ?? new UpstreamDynamodb(options.upstream ?? '')
    this.capacity = options.capacity && new CapacityModel(options.capacity)
    this.#path = new WritePath(this.#backend, this.capacity, options.poison, this.log)
    this.#conditional = new ConditionalPath(this.#backend, this.#path, options.poison)
    this.#plan = new FaultPlan(options.faults ?? [])
    this.#server = createServer((request, response) => {
      const reply = new Reply(response)
      // What is not a refusal must not pass for an intended fault.
      const serving = this.#serve(request, reply).finally(() => this.#serving.delete(serving))
      this.#serving.add(serving)
    })
    this.#server.keepAliveTimeout = HANG_MS_MAX
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** Items that took effect, were left undone, and were throttled so far. */
  get items(): Readonly<WriteCounts> {
    return this.#path.counts
  }

  /**
   * Aborted as soon as so many more items took effect. Nobody has been told of the last of them by
   * then, so a run that it stops cannot have ended.
   */
  afterWrites(items: number): AbortSignal {
    return this.#path.afterWrites(items)
  }

  /** Replaces the faults, from the next request on. */
  setFaults(faults: readonly Fault[]): void {
    this.#plan = new FaultPlan(faults)
  }

  /** Requests are kept waiting; those whose client goes meanwhile never take effect. */
  pause(): void {
    this.#paused ??= resumable()
  }

  resume(): void {
    this.#paused?.resume()
    this.#paused = undefined
  }

  /**
   * Resolves when all that clients have sent is done, also for those that went meanwhile; not late
   * effects of faults.
   */
  async idle(): Promise<void> {
    // What lies in sockets is read before a timer of the next turn fires.
    await this.#sleep(10)
    while (this.#serving.size > 0) {
      await Promise.all(this.#serving)
      await this.#sleep(10)
    }
  }

  /** Cuts every connection and takes no more; what was under way may still take effect. */
  async kill(): Promise<void> {
    if (!this.#server.listening) return
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }

  /** Listens again, where it did before. */
  async revive(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(this.#port, '127.0.0.1', resolve)
    })
    this.#port = (this.#server.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    this.resume()
    await this.kill()
    for (const timer of this.#timers) clearTimeout(timer)
    this.#backend.close()
  }

  async #serve(message: IncomingMessage, reply: Reply): Promise<void> {
    if (message.method === 'GET') return reply.text(200, 'healthy: dynamodb.local ')
    // A client that goes in the middle of a request has sent none.
    const body = await buffer(message).catch(() => undefined)
    if (body === undefined) return
    const operation = String(message.headers['x-amz-target']).split('.')[1] ?? ''
    const number = Object.values(this.requests).reduce((sum, n) => sum + n, 1)
    this.requests[operation] = (this.requests[operation] ?? 0) + 1
    const random = seededRandom(this.#options.seed ?? 1, number)
    const fault = this.#plan.choose(operation, random)
    if (fault !== undefined) this.injected[fault.kind] = (this.injected[fault.kind] ?? 0) + 1
    try {
      const input = JSON.parse(body.toString()) as Input
      const write = ITEM_WRITES.has(operation)
        ? await this.#path.read(number, operation, input)
        : await this.#conditional.read(number, operation, input)
      if (write !== undefined) reply.onEnd(this.log.begin(number, write.writes))
      if (!(await this.#wait(reply, random))) return
      const work = async () =>
        this.#carryOut(operation, input, write, fault, random, reply).catch(refusalOf)
      await this.#answer(reply, work, fault, random)
    } catch (error) {
      reply.answer(refusalOf(error))
    }
  }

  /** Resolves to whether the request goes on. */
  async #wait(reply: Reply, random: Random): Promise<boolean> {
    const { latency, lateApplyMs = LATE_APPLY_MS } = this.#options
    const latencyMs = latency === undefined ? 0 : drawLatencyMs(latency, random)
    const shortMs = random() * lateApplyMs
    if (this.#paused !== undefined) {
      await Promise.race([this.#paused.resumed, reply.gone])
      if (reply.isGone) return false
    }
    if (latencyMs <= 0) return true
    const waited = this.#sleep(latencyMs)
    await Promise.race([waited, reply.gone])
    // Whoever gave up has only the promised time to reckon with.
    if (reply.isGone) await Promise.race([waited, this.#sleep(shortMs)])
    return true
  }

  async #carryOut(
    operation: string,
    input: Input,
    write: WriteRequest | ConditionalRequest | undefined,
    fault: Fault | undefined,
    random: Random,
    reply: Reply,
  ): Promise<Answer> {
    if (write === undefined) return this.#backend.call(operation, input)
    const undoneShare = fault?.kind === 'unprocessed' ? fault.itemShare : 0
    if ('statements' in write) {
      return this.#conditional.carryOut(write, undoneShare, random, () => reply.isOver)
    }
    return this.#path.carryOut(write, undoneShare, random, () => reply.isOver)
  }

  async #answer(reply: Reply, work: Work, fault: Fault | undefined, random: Random): Promise<void> {
    switch (fault?.kind) {
      case undefined:
      case 'unprocessed':
        return reply.answer(await work())
      case 'throttle': {
        const { reason = 'TableWriteProvisionedThroughputExceeded', exception } = fault
        const type = exception ?? 'ProvisionedThroughputExceededException'
        const resource = 'arn:aws:dynamodb:local:000000000000:table/any'
        return reply.answer(throttled(type, [{ reason, resource }]).answer)
      }
      case 'error':
        await this.#effect(work, fault.effect, random)
        return reply.answer(serverError(fault.status).answer)
      case 'reset':
        await this.#effect(work, fault.effect, random)
        return reply.reset()
      case 'hang': {
        if (fault.effect === 'before') await work()
        await Promise.race([reply.gone, this.#sleep(fault.maxMs ?? HANG_MS_MAX)])
        reply.reset()
        if (fault.effect === 'late') await this.#effect(work, 'late', random)
        return
      }
      case 'truncate':
        return reply.truncate(await work())
      case 'malformed':
        await work()
        return reply.text(200, '<html><body>Bad gateway</body></html>')
      case 'trickle':
        return reply.trickle(await work(), fault.overMs)
    }
  }

  async #effect(work: Work, effect: Effect, random: Random): Promise<void> {
    if (effect === 'before') await work()
    if (effect !== 'late') return
    const delayMs = random() * (this.#options.lateApplyMs ?? LATE_APPLY_MS)
    void this.#sleep(delayMs).then(() => work())
  }

  async #sleep(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        this.#timers.delete(timer)
        resolve()
      }, ms)
      this.#timers.add(timer)
    })
  }
}

/** What a request asks for; never rejects. */
type Work = () => Promise<Answer>

/** Throws what is a fault of this instrument. */
function refusalOf(error: unknown): Answer {
  if (error instanceof Refusal) return error.answer
  if (error instanceof SyntaxError) {
    return { status: 400, body: { __type: 'com.amazon.coral.service#SerializationException' } }
  }
  // The server behind may be gone.
  if ((error as NodeJS.ErrnoException).syscall !== undefined) return serverError(500).answer
  throw error
}

interface PromiseWithResume {
  readonly resumed: Promise<void>
  readonly resume: () => void
}

function resumable(): PromiseWithResume {
  let resume = () => {}
  const resumed = new Promise<void>((resolve) => {
    resume = resolve
  })
  return { resumed, resume }
}
