import { rm } from 'node:fs/promises'
import { FINGERPRINT_WORDS, keyFingerprint } from '../../../formats/item-digest.js'
import { openSpillMap, type SpillMap } from '../../../stores/spill/spill-map.js'

/** Beyond it, keys spill to disk. */
const MEMORY_BYTES_MAX = 32 * 1024 * 1024
/** Of a content digest, which is enough to tell two contents of one key apart. */
const DIGITS = 13

/** The keys of an undo log, each with what the run wrote there last. */
export class LoggedKeys {
  readonly #folder: string
  readonly #map: SpillMap
  readonly #words = new Uint32Array(FINGERPRINT_WORDS)

  private constructor(folder: string, map: SpillMap) {
    this.#folder = folder
    this.#map = map
  }

  /** Opens it empty: the log itself is what it is made from. */
  static async open(folder: string): Promise<LoggedKeys> {
    return new LoggedKeys(folder, await openSpillMap({ folder, memoryBytesMax: MEMORY_BYTES_MAX }))
  }

  has(key: string): boolean {
    return this.#last(key) !== undefined
  }

  /** Whether this is what the run wrote there last. */
  hasLast(key: string, written: string): boolean {
    return this.#last(key) === numberOf(written)
  }

  logged(key: string, written: string): void {
    keyFingerprint(key, this.#words)
    this.#map.set(this.#words, numberOf(written))
  }

  async close(): Promise<void> {
    await this.#map.close()
    await rm(this.#folder, { recursive: true, force: true })
  }

  #last(key: string): number | undefined {
    keyFingerprint(key, this.#words)
    return this.#map.get(this.#words)
  }
}

/** 0 for the digest of nothing. */
function numberOf(digest: string): number {
  return Number.parseInt(`0${digest.slice(0, DIGITS)}`, 16)
}
