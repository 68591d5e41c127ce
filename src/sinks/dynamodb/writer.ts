import { setMaxListeners } from 'node:events'
import type { RowEncoder } from '../../core/encode-row.js'
import { HeadraceError } from '../../core/errors.js'
import type { RowBatch } from '../../core/row-batch.js'
import type { SinkWriter, WriterContext, WriterStats } from '../../core/sink.js'
import type { ItemRequests } from './modes/write-mode.js'
import { InFlight } from './in-flight.js'
import { Pace, type WriteCapacity } from './pace.js'
import type { SendGroup } from './refusal.js'
import { RowIntake } from './row-intake.js'
import { SendOutcomes } from './send-outcomes.js'
import { UnsettledItems, type UnsettledRules } from './unsettled-items.js'
import { unitsOf } from './write-item.js'
import { earliest, WriteQueue } from './write-queue.js'
import { monotonicNow, WriteRequests } from './write-requests.js'

/** How long a batch that is not full waits for more rows. */
const LINGER_MS = 5

export interface WriterTarget extends UnsettledRules {
  readonly encoder: RowEncoder
  readonly requests: ItemRequests
  readonly capacity: WriteCapacity
  /** Requests under way at once, at most. */
  readonly concurrency: number
}

/** What to do next: send a group, or look again when something happens, at the latest at `at`. */
type Next = { readonly send: SendGroup } | { readonly at: number | undefined }

/**
 * Writes batches of rows in batches of up to 25 items. `write` resolves when its rows are encoded:
 * that is the backpressure. Items that DynamoDB leaves unprocessed go into later batches beside new
 * ones; a slot never sleeps with them.
 */
export class DynamodbWriter implements SinkWriter<unknown> {
  readonly #target: WriterTarget
  readonly #signal: AbortSignal
  readonly #closing = new AbortController()
  readonly #queue: WriteQueue
  readonly #items: UnsettledItems
  readonly #intake: RowIntake
  readonly #requests: WriteRequests
  readonly #inFlight: InFlight
  readonly #pace: Pace
  readonly #outcomes: SendOutcomes
  /** Requests of an earlier process may be applied until then. */
  readonly #startAt: number

  #flushing: { readonly resolve: () => void; readonly reject: (error: unknown) => void }[] = []
  #failure: unknown
  #underWay = 0
  #timer: NodeJS.Timeout | undefined
  #lingerUntil: number | undefined
  #waitingFor: WriterStats['waitingFor'] = 'rows'

  constructor(context: WriterContext, target: WriterTarget) {
    const { ambiguousGraceMs, requests } = target
    this.#target = target
    this.#signal = context.signal
    this.#queue = new WriteQueue(requests.itemsMax)
    this.#items = new UnsettledItems(context, target, this.#queue)
    this.#intake = new RowIntake(this.#items, target.encoder)
    this.#requests = new WriteRequests(requests, this.#closing.signal)
    this.#inFlight = new InFlight(target.concurrency, monotonicNow())
    this.#pace = new Pace(target.capacity, monotonicNow())
    this.#outcomes = new SendOutcomes(this.#items, this.#queue, this.#pace)
    const { earlierProcessUntil } = context
    // That process is dead by now, whatever the clock said when it last was seen.
    const ended = Math.min(earlierProcessUntil, monotonicNow())
    this.#startAt = earlierProcessUntil === 0 ? 0 : ended + ambiguousGraceMs
    // One listener for each request under way, and they are many.
    setMaxListeners(0, this.#closing.signal)
    if (this.#signal.aborted) this.#stop()
    else this.#signal.addEventListener('abort', this.#stop, { once: true })
  }

  async write(batch: RowBatch): Promise<void> {
    this.#throwFailure()
    const taken = this.#intake.offer(batch)
    this.#pump()
    await taken
  }

  async flush(): Promise<void> {
    this.#throwFailure()
    await new Promise<void>((resolve, reject) => {
      this.#flushing.push({ resolve, reject })
      this.#pump()
    })
  }

  stats(): WriterStats {
    return {
      writeUnits: this.#outcomes.writeUnits,
      throttled: this.#outcomes.throttled,
      retried: this.#requests.retried,
      inFlight: this.#items.count,
      limitUnitsPerSecond: this.#pace.limitUnitsPerSecond,
      itemSizes: this.#intake.sizes,
      waitingFor: this.#waitingFor,
    }
  }

  close(): Promise<void> {
    this.#stop()
    return Promise.resolve()
  }

  // -- sending ------------------------------------------------------------------------------------

  /** Sends as many requests as may be under way; called when something changed. Never throws. */
  #pump(): void {
    clearTimeout(this.#timer)
    if (this.#failure === undefined) {
      try {
        this.#sendAll()
      } catch (error) {
        this.#failure = error
      }
    }
    if (this.#failure !== undefined) this.#rejectWaiting()
    else this.#finishFlush()
  }

  #sendAll(): void {
    const time = monotonicNow()
    while (this.#underWay < this.#inFlight.limit) {
      const next = this.#next(time)
      if ('send' in next) void this.#send(next.send)
      else {
        this.#wakeAt(next.at, time)
        return
      }
    }
    this.#waitingFor = 'target'
  }

  #next(time: number): Next {
    if (time < this.#startAt) return { at: this.#startAt }
    this.#items.expire(time)
    this.#queue.releaseDue(time)
    const group = this.#nextGroup(time)
    if (group === undefined) {
      this.#waitingFor = this.#items.isFull ? 'hot keys' : 'rows'
      return { at: earliest(this.#queue.nextDueAt, this.#lingerUntil) }
    }
    const waitMs = this.#pace.take(unitsOf(group.items), time)
    if (waitMs === 0) return { send: group }
    this.#queue.putBack(group)
    this.#waitingFor = 'pace'
    return { at: time + waitMs }
  }

  /** The next items to send together; `undefined` while there are none, or not yet enough. */
  #nextGroup(time: number): SendGroup | undefined {
    const suspects = this.#queue.nextSuspects()
    if (suspects !== undefined) return suspects
    this.#intake.take(
      time,
      () => this.#queue.ready < this.#target.requests.itemsMax && !this.#items.isFull,
    )
    if (this.#queue.ready > 0 && !this.#lingers(time)) {
      this.#lingerUntil = undefined
      return this.#queue.nextBatch()
    }
    return undefined
  }

  /** Whether a batch that is not full should wait a moment for rows to come. */
  #lingers(time: number): boolean {
    if (this.#queue.ready >= this.#target.requests.itemsMax) return false
    if (this.#flushing.length > 0 || this.#items.isFull) return false
    this.#lingerUntil ??= time + LINGER_MS
    return time < this.#lingerUntil
  }

  /** Never rejects: what goes wrong fails the writer. */
  async #send(group: SendGroup): Promise<void> {
    this.#underWay += 1
    try {
      const result = await this.#requests.send(group.items)
      // Once stopped, nobody is there any more to be told.
      if (!this.#closing.signal.aborted) {
        const time = monotonicNow()
        this.#inFlight.answered(this.#waitingFor === 'target', time)
        if ('answer' in result) this.#outcomes.answered(group, result.answer, time)
        else this.#outcomes.failed(group, result.error, time)
      }
    } catch (error) {
      this.#failure ??= error
    }
    this.#underWay -= 1
    this.#pump()
  }

  #wakeAt(at: number | undefined, time: number): void {
    if (at === undefined) return
    this.#timer = setTimeout(() => this.#pump(), Math.max(1, Math.ceil(at - time)))
  }

  // -- ending -------------------------------------------------------------------------------------

  #finishFlush(): void {
    if (this.#flushing.length === 0 || this.#intake.isWaiting) return
    if (this.#items.count > 0 || this.#underWay > 0) return
    const flushing = this.#flushing
    this.#flushing = []
    for (const { resolve } of flushing) resolve()
  }

  /** Aborts what is under way; also when the run is aborted from outside. */
  readonly #stop = (): void => {
    this.#signal.removeEventListener('abort', this.#stop)
    this.#failure ??= new HeadraceError('INTERRUPTED', 'Writing was stopped from outside')
    this.#closing.abort()
    clearTimeout(this.#timer)
    this.#rejectWaiting()
  }

  /** A failed writer answers its callers once nothing is under way any more. */
  #rejectWaiting(): void {
    if (this.#underWay > 0 && !this.#closing.signal.aborted) return
    this.#intake.fail(this.#failure)
    const flushing = this.#flushing
    this.#flushing = []
    for (const { reject } of flushing) reject(this.#failure)
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure
  }
}
