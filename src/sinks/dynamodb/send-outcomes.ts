import { HeadraceError, messageOf } from '../../core/errors.js'
import { classifyError, finalError, type ErrorClass } from '../../stores/dynamodb/errors.js'
import type { Pace } from './pace.js'
import { halves, RefusalJudge, RefusedBatch, type SendGroup } from './refusal.js'
import type { UnsettledItems } from './unsettled-items.js'
import { unitsOf, type WriteItem } from './write-item.js'
import type { WriteQueue } from './write-queue.js'
import type { WriteAnswer } from './write-response.js'

/** An item throttled for so long, in which nothing else was stored either, ends the run. */
const STALL_MAX_MS = 10 * 60 * 1000

/**
 * What the end of a request means for the items in it: they are settled, put back to be sent later,
 * or split to find the bad ones. What concerns all items is thrown.
 */
export class SendOutcomes {
  readonly #items: UnsettledItems
  readonly #queue: WriteQueue
  readonly #pace: Pace
  readonly #judge = new RefusalJudge()
  #lastStoredAt = -Infinity
  /** Write units consumed, as reported, or as estimated where nothing is reported. */
  writeUnits = 0
  /** Items that DynamoDB asked to wait with, each time. */
  throttled = 0

  constructor(items: UnsettledItems, queue: WriteQueue, pace: Pace) {
    this.#items = items
    this.#queue = queue
    this.#pace = pace
  }

  /** @throws HeadraceError `TARGET_REFUSED` when the answer names items that were not sent */
  answered(group: SendGroup, answer: WriteAnswer, time: number): void {
    const { items } = group
    const { unprocessed, consumed } = answer
    const left = unprocessed === undefined ? [] : items.filter(({ key }) => unprocessed.has(key))
    if (left.length !== (unprocessed?.size ?? 0)) throw unknownItems()
    const doneUnits = unitsOf(items) - unitsOf(left)
    this.writeUnits += this.#pace.settle(doneUnits, consumed, time)
    for (const item of items) {
      if (unprocessed?.has(item.key) === true) this.#postpone(item, true, time)
      else if (answer.conflicts?.has(item.key) !== true && answer.refused?.has(item.key) !== true) {
        this.#store(item, time)
      }
    }
    if (answer.conflicts !== undefined || answer.refused !== undefined) {
      this.#reject(group, answer, time)
    }
    this.#pace.adapt(time)
  }

  /** Items that alone were not taken, once it is known that others were. */
  #reject({ items, of }: SendGroup, { conflicts, refused }: WriteAnswer, time: number): void {
    const batch = of ?? new RefusedBatch(items.length)
    for (const item of items) {
      const conflict = conflicts?.get(item.key)
      if (conflict !== undefined) this.#items.rejected(item, conflict, time)
      const reason = refused?.get(item.key)
      if (reason !== undefined) this.#refuse(item, batch, reason, time)
    }
  }

  /** @throws HeadraceError for what will not work for any item */
  failed(group: SendGroup, error: unknown, time: number): void {
    const failure = classifyError(error)
    if (failure.kind === 'throttled') this.#throttle(group, failure, error, time)
    else if (failure.kind === 'refused' || failure.kind === 'collection full') {
      this.#split(group, failure.message, time)
    } else throw finalError(error)
  }

  #store(item: WriteItem, time: number): void {
    this.#lastStoredAt = time
    if (!this.#queue.isHot(item, time)) this.#pace.count(item.throttles > 0, false)
    this.#queue.stored(item, time)
    this.#judge.stored()
    this.#items.stored(item, time)
  }

  #throttle(
    { items }: SendGroup,
    { scope, resources }: Extract<ErrorClass, { kind: 'throttled' }>,
    error: unknown,
    time: number,
  ): void {
    if (scope === 'account') throw accountThrottled(error)
    for (const item of items) {
      if (time - Math.max(this.#lastStoredAt, item.throttledAt || time) > STALL_MAX_MS) {
        throw finalError(error)
      }
    }
    this.#pace.named(scope, resources)
    for (const item of items) this.#postpone(item, scope !== 'key range', time)
    this.#pace.adapt(time)
  }

  /** @param mayBeTable whether it may be the table that is throttled, rather than the key */
  #postpone(item: WriteItem, mayBeTable: boolean, time: number): void {
    this.throttled += 1
    this.#queue.addThrottled(item, time)
    if (mayBeTable && !this.#queue.isHot(item, time)) this.#pace.count(item.throttles > 0, true)
    item.throttles += 1
    item.throttledAt ||= time
  }

  /** Halves what was refused until the culprits are alone. */
  #split(group: SendGroup, reason: string, time: number): void {
    this.#pace.giveBack(unitsOf(group.items))
    const only = group.items.length === 1 ? group.items[0] : undefined
    if (only === undefined) {
      this.#queue.addSuspects(halves(group))
      return
    }
    this.#refuse(only, group.of ?? new RefusedBatch(1), reason, time)
  }

  #refuse(item: WriteItem, batch: RefusedBatch, reason: string, time: number): void {
    if (this.#judge.refused(batch, reason)) throw refusesEverything(reason, item.key)
    this.#items.rejected(item, reason, time)
  }
}

function unknownItems(): HeadraceError {
  return new HeadraceError('TARGET_REFUSED', 'DynamoDB named unprocessed items not sent to it', {
    hint: 'Something between here and DynamoDB mixes up answers: check proxies and the endpoint.',
  })
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
