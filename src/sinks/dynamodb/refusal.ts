import type { WriteItem } from './write-item.js'

/** Wholly refused batches in a row, with nothing stored in between, that show a general fault. */
const REFUSED_BATCHES_MAX = 4

/** A batch that DynamoDB refused whole, on its way to being split down to the culprits. */
export class RefusedBatch {
  readonly size: number
  refused = 0
  readonly reasons = new Set<string>()

  constructor(size: number) {
    this.size = size
  }

  /** Every item was refused, all for one reason: it is hardly the items' fault. */
  get whollyForOneReason(): boolean {
    return this.size > 1 && this.refused === this.size && this.reasons.size === 1
  }
}

/** Items to send in one request. */
export interface SendGroup {
  readonly items: readonly WriteItem[]
  /** The refused batch they are part of: they are sent with no others, to find the culprits. */
  readonly of: RefusedBatch | undefined
}

/** The two halves of a group that was refused. */
export function halves({ items, of = new RefusedBatch(items.length) }: SendGroup): SendGroup[] {
  const middle = items.length >> 1
  return [
    { items: items.slice(0, middle), of },
    { items: items.slice(middle), of },
  ]
}

/**
 * Tells bad items from a target that refuses whatever it is sent: fatal when all of a batch were
 * refused for one reason and nothing was ever stored, or when that happens several times on end.
 */
export class RefusalJudge {
  #everStored = false
  #whollyRefused = 0

  stored(): void {
    this.#everStored = true
    this.#whollyRefused = 0
  }

  /** One item of the batch was refused alone; true when that shows a general fault. */
  refused(batch: RefusedBatch, reason: string): boolean {
    batch.refused += 1
    batch.reasons.add(reason)
    if (!batch.whollyForOneReason) return false
    this.#whollyRefused += 1
    return !this.#everStored || this.#whollyRefused >= REFUSED_BATCHES_MAX
  }
}
