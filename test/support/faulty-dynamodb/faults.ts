import type { ThrottlingException, ThrottlingReason } from './answer.js'
import type { Random } from './random.js'

/**
 * Whether a request that fails takes effect all the same: before its client hears of the failure,
 * up to `lateApplyMs` after it has, or not at all.
 */
export type Effect = 'none' | 'before' | 'late'

/** Which requests a fault befalls. */
export interface FaultScope {
  /** Of the requests in question, 0 to 1. @default 1 */
  readonly share?: number
  /** @default those that write items */
  readonly operations?: readonly string[]
  /** So many of them are spared first. @default 0 */
  readonly skip?: number
  /** At most so many times. @default Infinity */
  readonly times?: number
}

export type Fault = FaultScope &
  (
    | {
        /** Leaves about this share of a batch's items undone; one at least. */
        readonly kind: 'unprocessed'
        readonly itemShare: number
      }
    | {
        readonly kind: 'throttle'
        /** @default 'TableWriteProvisionedThroughputExceeded' */
        readonly reason?: ThrottlingReason
        /** @default 'ProvisionedThroughputExceededException' */
        readonly exception?: ThrottlingException
      }
    | { readonly kind: 'error'; readonly status: 500 | 503; readonly effect: Effect }
    | { readonly kind: 'reset'; readonly effect: Effect }
    /** No answer, until the client gives up, or the connection is cut after `maxMs` (60,000). */
    | { readonly kind: 'hang'; readonly effect: Effect; readonly maxMs?: number }
    /** Takes effect; the connection is cut in the middle of the answer. */
    | { readonly kind: 'truncate' }
    /** Takes effect; the answer is a web page. */
    | { readonly kind: 'malformed' }
    /** Takes effect; the answer comes in pieces over this time. */
    | { readonly kind: 'trickle'; readonly overMs: number }
  )

export type FaultKind = Fault['kind']

const WRITING = [
  'BatchWriteItem',
  'PutItem',
  'DeleteItem',
  'UpdateItem',
  'TransactWriteItems',
  'BatchExecuteStatement',
]

/** Chooses the fault of each request: the first in the list that its share of luck falls on. */
export class FaultPlan {
  readonly #faults: readonly Fault[]
  readonly #seen: number[]
  readonly #chosen: number[]

  constructor(faults: readonly Fault[]) {
    this.#faults = faults
    this.#seen = faults.map(() => 0)
    this.#chosen = faults.map(() => 0)
  }

  choose(operation: string, random: Random): Fault | undefined {
    for (const [i, fault] of this.#faults.entries()) {
      // Drawn in any case, so that one fault's settings do not change the luck of the others.
      const luck = random()
      if (!(fault.operations ?? WRITING).includes(operation)) continue
      const seen = (this.#seen[i] = (this.#seen[i] ?? 0) + 1)
      if (seen <= (fault.skip ?? 0) || luck >= (fault.share ?? 1)) continue
      if ((this.#chosen[i] ?? 0) >= (fault.times ?? Infinity)) continue
      this.#chosen[i] = (this.#chosen[i] ?? 0) + 1
      return fault
    }
    return undefined
  }
}

/** How long requests take before they take effect; most are near the least, some take far longer. */
export interface Latency {
  /** @default 0 */
  readonly minMs?: number
  /** Mean of what is added, with an exponential tail. @default 0 */
  readonly meanMs?: number
}

export function drawLatencyMs({ minMs = 0, meanMs = 0 }: Latency, random: Random): number {
  return minMs - Math.log(1 - random()) * meanMs
}
