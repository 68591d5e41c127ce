import type { DuplicatePolicy } from '../../core/sink.js'
import { hashKey, KeyTable, type Keyed } from './key-table.js'

class Lane<T extends Keyed> implements Keyed {
  readonly key: string
  readonly keyHash: number
  /** The one item of the key that may be sent; none while the key only waits out its hold. */
  current: T | undefined
  /** Items older than `current`, oldest first, which it stands for: tried if it is rejected. */
  below: T[] = []
  /** Items newer than `current`, oldest first. */
  above: T[] = []
  /** Epoch ms before which nothing of this key is sent. */
  heldUntil = 0

  constructor(current: T) {
    this.key = current.key
    this.keyHash = current.keyHash
    this.current = current
  }
}

/** What follows from an item being settled. */
export interface Released<T> {
  /** The item of the same key to send now, or when its hold has passed. */
  readonly next: T | undefined
  readonly notBefore: number
  /** Items that need not be sent, since a newer one (policy `last`) stands for them. */
  readonly covered: readonly T[]
  /** Items that must not be sent, since an older one has the key (policy `first`). */
  readonly dropped: readonly T[]
}

const NONE: readonly never[] = Object.freeze([])
const NOTHING: Released<never> = { next: undefined, notBefore: 0, covered: NONE, dropped: NONE }

/**
 * At most one item of a key is ever out of this queue; the others wait behind it, and the policy
 * decides which of them goes next. With `last`, a waiting item that a newer one follows is not sent
 * unless the newer ones are rejected.
 *
 * A key can be held for a time after its item is settled: a request that was given up on may still
 * be applied, and must not be applied over a newer item.
 */
export class KeyLanes<T extends Keyed & { keyHash: number }> {
  /** An item that has its key for itself, as nearly all have, needs no lane. */
  readonly #lanes = new KeyTable<T | Lane<T>>()
  readonly #policy: DuplicatePolicy
  /** Keys held after they settled, in the order in which the holds end. */
  readonly #holds: { readonly lane: Lane<T>; readonly until: number }[] = []

  constructor(policy: DuplicatePolicy) {
    this.#policy = policy
  }

  /** Keys with an item queued or out, or held. */
  get size(): number {
    return this.#lanes.size
  }

  has(key: string): boolean {
    const lane = this.#lanes.find(key, hashKey(key))
    return lane !== undefined && !(lane instanceof Lane && lane.current === undefined)
  }

  /**
   * Enters an item, and notes the hash of its key on it.
   * @returns `undefined` when it has to wait, else when it may be sent (0: now)
   */
  admit(item: T, now: number): number | undefined {
    item.keyHash = hashKey(item.key)
    const found = this.#lanes.enter(item)
    if (found === undefined) return 0
    const lane = this.#asLane(found)
    if (lane.current === undefined) {
      lane.current = item
      return lane.heldUntil > now ? lane.heldUntil : 0
    }
    lane.above.push(item)
    return undefined
  }

  /**
   * Takes back the item that was out.
   * @param holdUntil epoch ms before which the key must not be written again; 0 for no hold
   */
  settle(item: T, stored: boolean, holdUntil: number): Released<T> {
    if (holdUntil === 0 && this.#lanes.delete(item)) return NOTHING
    const found = this.#lanes.find(item.key, item.keyHash)
    const lane = found === undefined ? undefined : this.#asLane(found)
    if (lane === undefined || lane.current !== item) {
      throw new Error(`Key ${item.key} is not out`)
    }
    lane.heldUntil = Math.max(lane.heldUntil, holdUntil)
    const released = this.#policy === 'last' ? settleLast(lane, stored) : settleFirst(lane, stored)
    lane.current = released.next
    if (released.next === undefined) this.#retire(lane)
    return released
  }

  /** Forgets keys whose hold has passed. */
  expire(now: number): void {
    if (this.#holds.length === 0) return
    let expired = 0
    for (const { lane, until } of this.#holds) {
      if (until > now) break
      expired += 1
      if (lane.current === undefined && lane.heldUntil <= now) this.#lanes.delete(lane)
    }
    if (expired > 0) this.#holds.splice(0, expired)
  }

  #asLane(found: T | Lane<T>): Lane<T> {
    if (found instanceof Lane) return found
    const lane = new Lane(found)
    this.#lanes.replace(found, lane)
    return lane
  }

  #retire(lane: Lane<T>): void {
    if (lane.heldUntil === 0) this.#lanes.delete(lane)
    else this.#holds.push({ lane, until: lane.heldUntil })
  }
}

function settleLast<T extends Keyed>(lane: Lane<T>, stored: boolean): Released<T> {
  const covered = stored ? lane.below : NONE
  const below = stored ? [] : lane.below
  const waiting = [...below, ...lane.above]
  const next = waiting.pop()
  lane.below = waiting
  lane.above = []
  return { next, notBefore: lane.heldUntil, covered, dropped: NONE }
}

function settleFirst<T extends Keyed>(lane: Lane<T>, stored: boolean): Released<T> {
  if (stored) {
    const dropped = lane.above
    lane.above = []
    return { next: undefined, notBefore: 0, covered: NONE, dropped }
  }
  return { next: lane.above.shift(), notBefore: lane.heldUntil, covered: NONE, dropped: NONE }
}
