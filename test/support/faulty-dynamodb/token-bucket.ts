/** Units that come in at a rate and are kept up to a bound; knows no clock of its own. */
export class TokenBucket {
  #unitsPerSecond: number
  readonly #burstSeconds: number
  #tokens: number
  #at: number

  /** Starts with one second's worth. */
  constructor(unitsPerSecond: number, burstSeconds: number, now: number) {
    this.#unitsPerSecond = unitsPerSecond
    this.#burstSeconds = burstSeconds
    this.#tokens = unitsPerSecond
    this.#at = now
  }

  get unitsPerSecond(): number {
    return this.#unitsPerSecond
  }

  setRate(unitsPerSecond: number, now: number): void {
    this.#refill(now)
    this.#unitsPerSecond = unitsPerSecond
    this.#tokens = Math.min(this.#tokens, this.#most())
  }

  /** An item larger than a second's worth fits when the bucket is as full as it can be. */
  fits(units: number, now: number): boolean {
    this.#refill(now)
    return this.#tokens >= Math.min(units, this.#most())
  }

  take(units: number): void {
    this.#tokens -= units
  }

  #refill(now: number): void {
    const seconds = Math.max(0, now - this.#at) / 1_000
    this.#at = now
    if (this.#unitsPerSecond === Infinity) this.#tokens = Infinity
    else this.#tokens = Math.min(this.#most(), this.#tokens + seconds * this.#unitsPerSecond)
  }

  #most(): number {
    return this.#unitsPerSecond * (1 + this.#burstSeconds)
  }
}
