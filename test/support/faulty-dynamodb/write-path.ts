import { throttled, validation, type Answer, type Throttled } from './answer.js'
import { fromRequestItems, toRequestItems, type RequestItems } from './batch-write.js'
import type { Backend, Input, Write } from './backend.js'
import {
  consumedCapacity,
  throttleException,
  writeCost,
  type CapacityModel,
  type WriteCost,
} from './capacity-model.js'
import type { WireItem } from './item-size.js'
import type { Random } from './random.js'
import type { WriteLog } from './write-log.js'

/** A request that writes items, read but not carried out. */
export interface WriteRequest {
  readonly number: number
  readonly operation: string
  readonly input: Input
  readonly writes: readonly Write[]
}

export interface WriteCounts {
  /** Items that took effect. */
  applied: number
  /** Items left undone by a fault. */
  unprocessed: number
  /** Items turned away by the capacity model. */
  throttled: number
}

/** Items that DynamoDB refuses: resolves to the message of the `ValidationException`. */
export type Poison = (item: WireItem, table: string) => string | undefined

interface Priced {
  readonly write: Write
  readonly cost: WriteCost
}

/** Carries out writes, as far as the capacity goes. */
export class WritePath {
  readonly #backend: Backend
  readonly #capacity: CapacityModel | undefined
  readonly #poison: Poison | undefined
  readonly #log: WriteLog
  readonly counts: WriteCounts = { applied: 0, unprocessed: 0, throttled: 0 }
  #stops: { readonly at: number; readonly stop: AbortController }[] = []

  constructor(
    backend: Backend,
    capacity: CapacityModel | undefined,
    poison: Poison | undefined,
    log: WriteLog,
  ) {
    this.#backend = backend
    this.#capacity = capacity
    this.#poison = poison
    this.#log = log
  }

  /** Aborted as soon as so many more items took effect, before that is answered. */
  afterWrites(items: number): AbortSignal {
    const stop = new AbortController()
    this.#stops.push({ at: this.counts.applied + items, stop })
    return stop.signal
  }

  /** @throws Refusal for a request that is refused whatever the capacity */
  async read(number: number, operation: string, input: Input): Promise<WriteRequest> {
    const writes =
      operation === 'BatchWriteItem'
        ? await fromRequestItems(input.RequestItems as RequestItems, this.#backend)
        : await this.#single(operation, input)
    for (const { table, item } of writes) {
      const message = this.#poison?.(item, table.name)
      if (message !== undefined) throw validation(message)
    }
    this.#backend.check(writes)
    return { number, operation, input, writes }
  }

  /**
   * @param undoneShare share of a batch's items to leave undone
   * @param isLate whether the client has been told of a failure, or has gone
   * @throws Refusal when nothing of it could be done
   */
  async carryOut(
    request: WriteRequest,
    undoneShare: number,
    random: Random,
    isLate: () => boolean,
  ): Promise<Answer> {
    const left = this.#leave(request.writes, undoneShare, random)
    const tried = request.writes.filter((write) => !left.includes(write))
    const { admitted, refused } = this.#admit(tried)
    const writes = admitted.map(({ write }) => write)
    const answer = await this.#apply(request, writes, isLate)
    const detail = request.input.ReturnConsumedCapacity
    const ConsumedCapacity =
      detail === 'TOTAL' || detail === 'INDEXES' ? report(admitted, detail) : []
    if (request.operation !== 'BatchWriteItem') {
      const [only] = ConsumedCapacity
      return only === undefined
        ? answer
        : { ...answer, body: { ...answer.body, ConsumedCapacity: only } }
    }
    const notDone = [...left, ...refused, ...(answer.undone ?? [])]
    return {
      status: 200,
      body: {
        UnprocessedItems: toRequestItems(notDone),
        ...(ConsumedCapacity.length === 0 ? {} : { ConsumedCapacity }),
      },
    }
  }

  async #single(operation: string, input: Input): Promise<Write[]> {
    const table = await this.#backend.table(input.TableName)
    const kind = operation === 'PutItem' ? 'put' : 'delete'
    const item: WireItem = kind === 'put' ? input.Item : input.Key
    return [{ table, key: table.keyOf(item, kind === 'delete'), item, kind }]
  }

  /** Divides the writes into those that the capacity lets through and the others. */
  #admit(writes: readonly Write[]): { admitted: Priced[]; refused: Write[] } {
    const admitted: Priced[] = []
    const refused: Write[] = []
    const reasons: Throttled[] = []
    const now = performance.now()
    for (const write of writes) {
      const { table, key, item, kind } = write
      const before = this.#backend.current(table, key)
      const cost = writeCost(table, before, kind === 'put' ? item : undefined)
      const against = this.#capacity?.admit(table, item, before, cost, now) ?? []
      if (against.length === 0) admitted.push({ write, cost })
      else refused.push(write)
      reasons.push(...against)
    }
    this.counts.throttled += refused.length
    const [first] = writes
    if (admitted.length === 0 && first !== undefined) throw throttleException(first.table, reasons)
    return { admitted, refused }
  }

  #leave(writes: readonly Write[], share: number, random: Random): readonly Write[] {
    if (share <= 0) return []
    const left = writes.filter(() => random() < share)
    const one = writes[Math.floor(random() * writes.length)]
    if (left.length === 0 && one !== undefined) left.push(one)
    this.counts.unprocessed += left.length
    if (left.length < writes.length || one === undefined) return left
    // Where nothing at all is done, DynamoDB answers with an exception.
    throw throttled('ProvisionedThroughputExceededException', [
      { reason: 'TableWriteProvisionedThroughputExceeded', resource: one.table.arn },
    ])
  }

  async #apply(
    { number, operation, input }: WriteRequest,
    writes: readonly Write[],
    isLate: () => boolean,
  ): Promise<Answer & { readonly undone?: readonly Write[] }> {
    const [only] = writes
    if (operation !== 'BatchWriteItem' && only !== undefined) {
      const answer = await this.#backend.applyOne(only, operation, input)
      this.note(number, writes, isLate())
      return answer
    }
    const undone = await this.#backend.apply(writes)
    const done = undone.length === 0 ? writes : writes.filter((write) => !undone.includes(write))
    this.note(number, done, isLate())
    return { status: 200, body: {}, undone }
  }

  /** Takes account of writes that took effect. */
  note(number: number, writes: readonly Write[], late: boolean): void {
    this.counts.applied += writes.length
    this.#log.add(number, writes, late)
    const reached = this.#stops.filter(({ at }) => at <= this.counts.applied)
    this.#stops = this.#stops.filter((entry) => !reached.includes(entry))
    for (const { stop } of reached) stop.abort()
  }
}

function report(done: readonly Priced[], detail: 'TOTAL' | 'INDEXES'): object[] {
  const tables = new Set(done.map(({ write }) => write.table))
  return [...tables].map((table) => {
    const costs = done.filter(({ write }) => write.table === table).map(({ cost }) => cost)
    return consumedCapacity(table, costs, detail)
  })
}
