import { rm } from 'node:fs/promises'
import { FINGERPRINT_WORDS, keyFingerprint } from '../../../formats/item-digest.js'
import { openSpillMap, type SpillMap } from '../../../stores/spill/spill-map.js'

/** Beyond it, keys spill to disk. */
const MEMORY_BYTES_MAX = 32 * 1024 * 1024
/** Of a content digest, which is enough to tell two contents of one key apart. */
const DIGITS = 13

/** What the undo log has of a key that is about to be written. */
export type Logged = 'not at all' | 'another content' | 'this content'

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

  look(key: string, written: string): Logged {
    keyFingerprint(key, this.#words)
    const last = this.#map.get(this.#words)
    if (last === undefined) return 'not at all'
    return last === numberOf(written) ? 'this content' : 'another content'
  }

  logged(key: string, written: string): void {
    keyFingerprint(key, this.#words)
    this.#map.set(this.#words, numberOf(written))
  }

  async close(): Promise<void> {
    await this.#map.close()
    await rm(this.#folder, { recursive: true, force: true })
  }
}

/** 0 for the digest of nothing. */
function numberOf(digest: string): number {
  return Number.parseInt(`0${digest.slice(0, DIGITS)}`, 16)
}
