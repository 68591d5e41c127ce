import { HeadraceError, messageOf } from '../../core/errors.js'
import type { RejectedRow, RowBatch } from '../../core/row-batch.js'
import type {
  DuplicatePolicy,
  EncodedItem,
  ItemViolation,
  SinkWriter,
  WriterContext,
  WriterStats,
} from '../../core/sink.js'
import { isViolation } from '../../core/sink.js'
import type { BatchLedger } from '../../flow/batch-ledger.js'
import { BATCH_ITEMS_MAX } from '../../formats/dynamodb/limits.js'
import { classifyError, finalError, type ErrorClass } from '../../stores/dynamodb/errors.js'
import type { DynamodbTransport } from '../../stores/dynamodb/transport.js'
import { Pace, type WriteCapacity } from './pace.js'
import { halves, RefusalJudge, RefusedBatch, type SendGroup } from './refusal.js'
import { UnsettledItems } from './unsettled-items.js'
import { unitsOf, WriteItem } from './write-item.js'
import { WriteQueue } from './write-queue.js'
import { monotonicNow, WriteRequests } from './write-requests.js'
import { consumedUnits, unprocessedKeys } from './write-response.js'

/** Items taken and not settled: bounds memory, and how far a hot key can hold the watermark back. */
const UNSETTLED_ITEMS_MAX = 10_000
/** How long a batch that is not full waits for more rows. */
const LINGER_MS = 5
/** First wait of an item that was throttled; doubled each time, with full jitter. */
const THROTTLE_WAIT_MS = 25
const THROTTLE_WAIT_MAX_MS = 5_000
/** Throttled this often, while others pass, an item is taken to be in a hot key range. */
const HOT_AFTER_THROTTLES = 4
/** No item stored for this long, in spite of trying, ends the run. */
const STALL_MAX_MS = 10 * 60 * 1000

export interface WriterTarget {
  readonly transport: DynamodbTransport
  readonly tableName: string
  readonly encode: (item: unknown) => EncodedItem | ItemViolation
  /** Canonical key text of an item as DynamoDB returns it. */
  readonly keyOf: (attributes: Readonly<Record<string, unknown>>) => string
  readonly duplicates: DuplicatePolicy
  readonly capacity: WriteCapacity
  /** Requests under way at once. */
  readonly concurrency: number
  /** How long a request that was given up on may still be applied. */
  readonly ambiguousGraceMs: number
}

interface PendingBatch {
  readonly batch: RowBatch
  readonly ledger: BatchLedger<WriteItem>
  next: number
  readonly taken: () => void
  readonly failed: (error: unknown) => void
}

/**
 * Writes batches of rows as batches of 25 puts. Rows are encoded when a request has room for them,
 * so that nothing but what is under way is held as text; `write` resolves when its rows are encoded,
 * which is the backpressure. Items that DynamoDB leaves unprocessed go into later batches beside new
 * ones; a slot never sleeps with them.
 */
export class DynamodbWriter implements SinkWriter<unknown> {
  readonly #target: WriterTarget
  readonly #queue = new WriteQueue()
  readonly #items: UnsettledItems
  readonly #requests: WriteRequests
  readonly #pace: Pace
  readonly #judge = new RefusalJudge()
  readonly #closing = new AbortController()
  /** Requests of an earlier process may be applied until then. */
  readonly #startAt: number

  #pending: PendingBatch | undefined
  #flushing: { readonly resolve: () => void; readonly reject: (error: unknown) => void } | undefined
  #failure: unknown
  #underWay = 0
  #timer: NodeJS.Timeout | undefined
  #lingerUntil = 0
  #lastStoredAt = monotonicNow()

  #writeUnits = 0
  #throttled = 0
  #waitingFor: WriterStats['waitingFor'] = 'rows'

  constructor(context: WriterContext, target: WriterTarget) {
    this.#target = target
    const { duplicates, ambiguousGraceMs, transport, tableName } = target
    this.#items = new UnsettledItems(context, duplicates, ambiguousGraceMs, this.#queue)
    const signal = AbortSignal.any([context.signal, this.#closing.signal])
    this.#requests = new WriteRequests(transport, tableName, signal)
    this.#pace = new Pace(target.capacity, monotonicNow())
    const { earlierProcessUntil } = context
    this.#startAt = earlierProcessUntil === 0 ? 0 : earlierProcessUntil + ambiguousGraceMs
  }

  async write(batch: RowBatch): Promise<void> {
    this.#throwFailure()
    if (this.#pending !== undefined) throw new Error('write() before the last one resolved')
    await new Promise<void>((taken, failed) => {
      this.#pending = { batch, ledger: this.#items.openLedger(batch), next: 0, taken, failed }
      this.#pump()
    })
  }

  async flush(): Promise<void> {
    this.#throwFailure()
    await new Promise<void>((resolve, reject) => {
      this.#flushing = { resolve, reject }
      this.#pump()
    })
  }

  stats(): WriterStats {
    return {
      writeUnits: this.#writeUnits,
      throttled: this.#throttled,
      retried: this.#requests.retried,
      inFlight: this.#items.count,
      limitUnitsPerSecond: this.#pace.limitUnitsPerSecond,
      waitingFor: this.#waitingFor,
    }
  }

  close(): Promise<void> {
    this.#closing.abort()
    clearTimeout(this.#timer)
    this.#failure ??= new HeadraceError('INTERRUPTED', 'The writer was closed')
    this.#rejectWaiting()
    return Promise.resolve()
  }

  // -- sending ------------------------------------------------------------------------------------

  /** Sends as many requests as may be under way; called whenever something changed. */
  #pump(): void {
    clearTimeout(this.#timer)
    if (this.#failure !== undefined) {
      this.#rejectWaiting()
      return
    }
    const wakeAt = this.#sendAll()
    this.#finishFlush()
    if (wakeAt !== undefined) {
      this.#timer = setTimeout(() => this.#pump(), Math.max(1, wakeAt - monotonicNow()))
    }
  }

  /** @returns when to look again, if nothing happens before */
  #sendAll(): number | undefined {
    const time = monotonicNow()
    if (time < this.#startAt) return this.#startAt
    this.#items.expire(time)
    this.#queue.releaseDue(time)
    while (this.#underWay < this.#target.concurrency) {
      const group = this.#nextGroup(time)
      if (group === undefined) {
        this.#waitingFor = this.#isFull ? 'hot keys' : 'rows'
        return earliest(this.#queue.nextDueAt, this.#lingerUntil || undefined)
      }
      const waitMs = this.#pace.take(unitsOf(group.items), time)
      if (waitMs > 0) {
        this.#queue.putBack(group)
        this.#waitingFor = 'pace'
        return time + waitMs
      }
      void this.#send(group)
    }
    this.#waitingFor = 'target'
    return undefined
  }

  get #isFull(): boolean {
    return this.#items.count >= UNSETTLED_ITEMS_MAX
  }

  /** The next items to send together; `undefined` while there are none, or not yet enough. */
  #nextGroup(time: number): SendGroup | undefined {
    const suspects = this.#queue.nextSuspects()
    if (suspects !== undefined) return suspects
    this.#takeRows(time)
    if (this.#queue.ready === 0 || this.#failure !== undefined) return undefined
    if (this.#queue.ready < BATCH_ITEMS_MAX && this.#lingers(time)) return undefined
    this.#lingerUntil = 0
    return this.#queue.nextBatch()
  }

  /** Whether a batch that is not full should wait a moment for rows to come. */
  #lingers(time: number): boolean {
    if (this.#flushing !== undefined || this.#isFull) return false
    if (this.#lingerUntil === 0) this.#lingerUntil = time + LINGER_MS
    return time < this.#lingerUntil
  }

  /** Never rejects: what goes wrong fails the writer. */
  async #send(group: SendGroup): Promise<void> {
    this.#underWay += 1
    try {
      this.#accept(group.items, await this.#requests.send(group.items))
    } catch (error) {
      this.#refuse(group, error)
    }
    this.#underWay -= 1
    this.#pump()
  }

  // -- outcomes -----------------------------------------------------------------------------------

  #accept(items: readonly WriteItem[], response: unknown): void {
    const time = monotonicNow()
    const estimated = unitsOf(items)
    const consumed = consumedUnits(response) ?? estimated
    this.#writeUnits += consumed
    this.#pace.settle(estimated, consumed, time)
    const unprocessed = unprocessedKeys(response, this.#target.tableName, this.#target.keyOf)
    let left = 0
    let hot = 0
    for (const item of items) {
      if (unprocessed?.has(item.key) === true) {
        left += 1
        if (item.throttles >= HOT_AFTER_THROTTLES) hot += 1
        this.#postpone(item, time)
      } else {
        this.#lastStoredAt = time
        this.#judge.stored()
        this.#items.stored(item, time)
      }
    }
    if (left !== (unprocessed?.size ?? 0)) {
      throw new HeadraceError('TARGET_REFUSED', 'DynamoDB named unprocessed items not sent to it')
    }
    // No reason is given: the same keys failing again while others pass are hot ones.
    if (left > hot) this.#pace.cut(time)
  }

  #postpone(item: WriteItem, time: number): void {
    this.#throttled += 1
    const most = Math.min(THROTTLE_WAIT_MAX_MS, THROTTLE_WAIT_MS * 2 ** item.throttles)
    item.throttles += 1
    this.#queue.addDelayed(item, time + Math.random() * most)
  }

  #refuse(group: SendGroup, error: unknown): void {
    const time = monotonicNow()
    this.#pace.settle(unitsOf(group.items), 0, time)
    const failure = classifyError(error)
    if (failure.kind === 'throttled') this.#throttle(group.items, failure, error, time)
    else if (failure.kind === 'refused' || failure.kind === 'collection full') {
      this.#split(group, failure.message, time)
    } else this.#fail(finalError(error))
  }

  #throttle(
    items: readonly WriteItem[],
    failure: Extract<ErrorClass, { kind: 'throttled' }>,
    error: unknown,
    time: number,
  ): void {
    if (failure.scope === 'account') {
      this.#fail(accountThrottled(error))
      return
    }
    if (time - this.#lastStoredAt > STALL_MAX_MS) {
      this.#fail(finalError(error))
      return
    }
    if (failure.scope !== 'key range') this.#pace.cut(time)
    for (const item of items) this.#postpone(item, time)
  }

  /** Halves what was refused until the culprits are alone. */
  #split(group: SendGroup, reason: string, time: number): void {
    const only = group.items.length === 1 ? group.items[0] : undefined
    if (only === undefined) {
      this.#queue.addSuspects(halves(group))
      return
    }
    if (this.#judge.refused(group.of ?? new RefusedBatch(1), reason)) {
      this.#fail(refusesEverything(reason, only.key))
    } else this.#items.rejected(only, reason, time)
  }

  // -- taking rows --------------------------------------------------------------------------------

  /** Encodes rows of the pending batch until a request is full. */
  #takeRows(time: number): void {
    const pending = this.#pending
    if (pending === undefined) return
    const { rows } = pending.batch
    while (pending.next < rows.length) {
      if (this.#queue.ready >= BATCH_ITEMS_MAX || this.#isFull) return
      try {
        this.#takeRow(pending, pending.next, time)
      } catch (error) {
        this.#fail(error)
        return
      }
      pending.next += 1
    }
    this.#pending = undefined
    pending.ledger.seal()
    pending.taken()
  }

  #takeRow({ batch, ledger }: PendingBatch, index: number, time: number): void {
    const row = batch.origins?.[index] ?? index
    const encoded = this.#target.encode(batch.rows[index])
    if (isViolation(encoded)) {
      const item = new WriteItem(ledger, row, encoded.key ?? '', '', 0)
      this.#items.enterRejected(item, rejectOf(encoded))
      return
    }
    const item = new WriteItem(ledger, row, encoded.key, encoded.text, encoded.writeUnits)
    this.#items.enter(item, time, () => batch.slice.locate(row))
  }

  // -- ending -------------------------------------------------------------------------------------

  #finishFlush(): void {
    if (this.#flushing === undefined || this.#pending !== undefined) return
    if (this.#items.count > 0 || this.#underWay > 0) return
    const { resolve } = this.#flushing
    this.#flushing = undefined
    resolve()
  }

  #fail(error: unknown): void {
    this.#failure ??= error
    this.#rejectWaiting()
  }

  /** A failed writer answers its callers once nothing is under way any more. */
  #rejectWaiting(): void {
    if (this.#underWay > 0 && !this.#closing.signal.aborted) return
    this.#pending?.failed(this.#failure)
    this.#flushing?.reject(this.#failure)
    this.#pending = undefined
    this.#flushing = undefined
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure
  }
}

function rejectOf({ reason, attribute, value, key }: ItemViolation): Omit<RejectedRow, 'row'> {
  return {
    reason,
    stage: 'toDynamodb',
    ...(attribute === undefined ? {} : { column: attribute }),
    ...(value === undefined ? {} : { value }),
    ...(key === undefined ? {} : { key }),
  }
}

function accountThrottled(cause: unknown): HeadraceError {
  return new HeadraceError(
    'TARGET_REFUSED',
    `DynamoDB throttles the whole account: ${messageOf(cause)}`,
    { cause, hint: 'Raise the account’s write quota or lower maxWriteUnits, then --resume.' },
  )
}

function refusesEverything(reason: string, key: string): HeadraceError {
  return new HeadraceError('TARGET_REFUSED', `DynamoDB refuses every item: ${reason}`, {
    key,
    hint: 'All items of a batch were refused for this one reason: mend the mapping or the table.',
  })
}

function earliest(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined) return b
  return b === undefined ? a : Math.min(a, b)
}
