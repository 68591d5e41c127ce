import type { DuplicatePolicy } from '../../core/sink.js'

class Lane<T> {
  /** The one item of the key that may be sent; none while the key only waits out its hold. */
  current: T | undefined
  /** Items older than `current`, oldest first, which it stands for: tried if it is rejected. */
  below: T[] = []
  /** Items newer than `current`, oldest first. */
  above: T[] = []
  /** Epoch ms before which nothing of this key is sent. */
  heldUntil = 0

  constructor(current: T) {
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

/** Deleted entries after which the map is made anew. */
const RENEWED_AFTER = 256

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
export class KeyLanes<T extends { readonly key: string }> {
  /** An item that has its key for itself, as nearly all have, needs no lane. */
  #lanes = new Map<string, T | Lane<T>>()
  #deleted = 0
  readonly #policy: DuplicatePolicy
  /** Keys held after they settled, in the order in which the holds end. */
  readonly #holds: { readonly key: string; readonly until: number }[] = []

  constructor(policy: DuplicatePolicy) {
    this.#policy = policy
  }

  /** Keys with an item queued or out, or held. */
  get size(): number {
    return this.#lanes.size
  }

  has(key: string): boolean {
    const lane = this.#lanes.get(key)
    return lane !== undefined && !(lane instanceof Lane && lane.current === undefined)
  }

  /** Enters an item; `undefined` when it has to wait, else when it may be sent (0: now). */
  admit(item: T, now: number): number | undefined {
    const found = this.#lanes.get(item.key)
    if (found === undefined) {
      this.#lanes.set(item.key, item)
      return 0
    }
    const lane = this.#asLane(item.key, found)
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
    const found = this.#lanes.get(item.key)
    if (found === item && holdUntil === 0) {
      this.#forget(item.key)
      return NOTHING
    }
    const lane = found === undefined ? undefined : this.#asLane(item.key, found)
    if (lane === undefined || lane.current !== item) {
      throw new Error(`Key ${item.key} is not out`)
    }
    lane.heldUntil = Math.max(lane.heldUntil, holdUntil)
    const released = this.#policy === 'last' ? settleLast(lane, stored) : settleFirst(lane, stored)
    lane.current = released.next
    if (released.next === undefined) this.#retire(item.key, lane)
    return released
  }

  /** Forgets keys whose hold has passed. */
  expire(now: number): void {
    let expired = 0
    for (const hold of this.#holds) {
      if (hold.until > now) break
      expired += 1
      const lane = this.#lanes.get(hold.key)
      if (lane instanceof Lane && lane.current === undefined && lane.heldUntil <= now) {
        this.#forget(hold.key)
      }
    }
    if (expired > 0) this.#holds.splice(0, expired)
  }

  /**
   * A map whose entries come and go makes itself new tables, each of which its predecessor points
   * to; once that is old, all of them and what they hold outlive the next collections. A new map
   * has no predecessor.
   */
  #forget(key: string): void {
    this.#lanes.delete(key)
    this.#deleted += 1
    if (this.#deleted < RENEWED_AFTER || this.#deleted < this.#lanes.size) return
    this.#deleted = 0
    this.#lanes = new Map(this.#lanes)
  }

  #asLane(key: string, found: T | Lane<T>): Lane<T> {
    if (found instanceof Lane) return found
    const lane = new Lane(found)
    this.#lanes.set(key, lane)
    return lane
  }

  #retire(key: string, lane: Lane<T>): void {
    if (lane.heldUntil === 0) this.#forget(key)
    else this.#holds.push({ key, until: lane.heldUntil })
  }
}

function settleLast<T>(lane: Lane<T>, stored: boolean): Released<T> {
  const covered = stored ? lane.below : NONE
  const below = stored ? [] : lane.below
  const waiting = [...below, ...lane.above]
  const next = waiting.pop()
  lane.below = waiting
  lane.above = []
  return { next, notBefore: lane.heldUntil, covered, dropped: NONE }
}

function settleFirst<T>(lane: Lane<T>, stored: boolean): Released<T> {
  if (stored) {
    const dropped = lane.above
    lane.above = []
    return { next: undefined, notBefore: 0, covered: NONE, dropped }
  }
  return { next: lane.above.shift(), notBefore: lane.heldUntil, covered: NONE, dropped: NONE }
}
