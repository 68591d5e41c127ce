/**
 * A token bucket with debt: it gives when it holds anything at all, and may go below zero, so that
 * a request larger than the bucket is only late, never stuck. Time is given, in ms, never read.
 */
export class TokenBucket {
  #ratePerSecond: number
  #tokens: number
  #refilledAt: number
  readonly #burstSeconds: number

  /** @param burstSeconds how many seconds' worth of tokens it can hold; it starts full */
  constructor(ratePerSecond: number, burstSeconds: number, now: number) {
    this.#ratePerSecond = ratePerSecond
    this.#burstSeconds = burstSeconds
    this.#tokens = this.#capacity
    this.#refilledAt = now
  }

  get ratePerSecond(): number {
    return this.#ratePerSecond
  }

  /** Changes the rate from now on; what is held beyond the new capacity is lost. */
  setRate(ratePerSecond: number, now: number): void {
    this.#refill(now)
    this.#ratePerSecond = ratePerSecond
    this.#tokens = Math.min(this.#tokens, this.#capacity)
  }

  /** Ms until it gives again; 0 when it does now. */
  waitMs(now: number): number {
    if (this.#ratePerSecond === Infinity) return 0
    this.#refill(now)
    if (this.#tokens > 0) return 0
    return Math.max(1, Math.ceil((-this.#tokens / this.#ratePerSecond) * 1000))
  }

  /** Takes tokens, or gives back what was taken too much. */
  charge(tokens: number): void {
    this.#tokens -= tokens
  }

  get #capacity(): number {
    return this.#ratePerSecond * this.#burstSeconds
  }

  #refill(now: number): void {
    const elapsedMs = Math.max(0, now - this.#refilledAt)
    this.#refilledAt = now
    // Without a rate it is full, and stays so.
    if (this.#ratePerSecond === Infinity) return
    this.#tokens = Math.min(this.#capacity, this.#tokens + (elapsedMs / 1000) * this.#ratePerSecond)
  }
}
