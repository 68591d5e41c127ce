import type { TargetSide } from './read-sides.js'

/** As many as DynamoDB gives in one request. */
const KEYS_PER_REQUEST = 100
const REQUESTS_AT_ONCE = 4

/** A key at which the sides seemed to differ. */
export interface Suspect {
  readonly key: string
  /** What should be stored; `undefined` when nothing should be. */
  readonly source: string | undefined
}

/**
 * Reads suspect keys from the target once more, since what was read before may have been written
 * meanwhile, and hands each on with what is stored now.
 */
export class SecondLook {
  readonly #target: TargetSide
  readonly #bytesMax: number
  readonly #signal: AbortSignal
  readonly #resolve: (suspect: Suspect, stored: string | undefined) => void
  #suspects: Suspect[] = []
  #bytes = 0

  /** @param bytesMax memory that the suspects waiting for a request may take */
  constructor(
    target: TargetSide,
    bytesMax: number,
    signal: AbortSignal,
    resolve: (suspect: Suspect, stored: string | undefined) => void,
  ) {
    this.#target = target
    this.#bytesMax = bytesMax
    this.#signal = signal
    this.#resolve = resolve
  }

  async add(suspect: Suspect): Promise<void> {
    this.#suspects.push(suspect)
    this.#bytes += 2 * (suspect.key.length + (suspect.source?.length ?? 0))
    const full = this.#suspects.length >= KEYS_PER_REQUEST * REQUESTS_AT_ONCE
    if (full || this.#bytes >= this.#bytesMax) await this.flush()
  }

  async flush(): Promise<void> {
    const suspects = this.#suspects
    this.#suspects = []
    this.#bytes = 0
    const requests: Promise<void>[] = []
    for (let from = 0; from < suspects.length; from += KEYS_PER_REQUEST) {
      requests.push(this.#look(suspects.slice(from, from + KEYS_PER_REQUEST)))
    }
    await Promise.all(requests)
  }

  async #look(suspects: readonly Suspect[]): Promise<void> {
    const keys = suspects.map(({ key }) => key)
    const stored = await this.#target.get(keys, this.#signal)
    this.#signal.throwIfAborted()
    const texts = new Map(stored.map(({ key, text }) => [key, text]))
    for (const suspect of suspects) this.#resolve(suspect, texts.get(suspect.key))
  }
}
