/** A point in time, and how much of the time before it the thread had nothing to do. */
export interface Moment {
  readonly atMs: number
  readonly idleMs: number
}

/** A thread that is idle for less than this share of the time gains little by more to take. */
const IDLE_SHARE_BORNE = 0.35

/** Idle for so long beyond that share, it starves: what passes sooner is a hiccup. */
const IDLE_BEYOND_MS = 10

/** What was so long ago counts e times less. */
const MEMORY_MS = 1_000

/**
 * Judges whether what takes rows starves: it is given nothing while the thread is idle. Then what
 * makes the rows waits for something else, such as a server, and one more of it may help.
 */
export class Starvation {
  #taking = 0
  /** Idle so far at the start of the time that is not counted yet. */
  #idleMs: number
  #starvedMs = 0
  #lookedAtMs: number
  /** How far starving went beyond the share that is borne; below 0 where it stayed within. */
  #beyondMs = 0

  constructor({ atMs, idleMs }: Moment) {
    this.#lookedAtMs = atMs
    this.#idleMs = idleMs
  }

  /** Something is taken, beside what else is. */
  take({ idleMs }: Moment): void {
    if (this.#taking === 0) this.#starvedMs += idleMs - this.#idleMs
    this.#taking += 1
  }

  /** It was taken. */
  took({ idleMs }: Moment): void {
    this.#taking -= 1
    if (this.#taking === 0) this.#idleMs = idleMs
  }

  /**
   * To be asked every few milliseconds; when it has said so, it judges anew from there.
   * @param isStuck what is being taken cannot be: it starves for something else
   */
  starves({ atMs, idleMs }: Moment, isStuck = false): boolean {
    if (this.#taking === 0 || isStuck) this.#starvedMs += idleMs - this.#idleMs
    this.#idleMs = idleMs
    const passedMs = atMs - this.#lookedAtMs
    this.#beyondMs *= Math.exp(-passedMs / MEMORY_MS)
    this.#beyondMs += this.#starvedMs - passedMs * IDLE_SHARE_BORNE
    this.#starvedMs = 0
    this.#lookedAtMs = atMs
    if (this.#beyondMs < IDLE_BEYOND_MS) return false
    this.#beyondMs = 0
    return true
  }
}
