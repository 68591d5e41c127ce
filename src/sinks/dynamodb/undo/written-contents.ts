import { rm } from 'node:fs/promises'
import { FINGERPRINT_WORDS, keyFingerprint } from '../../../formats/item-digest.js'
import { openSpillMap, type SpillMap } from '../../../stores/spill/spill-map.js'

const MEMORY_BYTES_MAX = 64 * 1024 * 1024

/** What a run wrote to which key: pairs of a key and the digest of a content. */
export class WrittenContents {
  readonly #folder: string
  readonly #map: SpillMap
  readonly #words = new Uint32Array(FINGERPRINT_WORDS)

  private constructor(folder: string, map: SpillMap) {
    this.#folder = folder
    this.#map = map
  }

  /** @param folder of its own, removed when it is closed; beyond 64 MiB they spill there */
  static async open(folder: string): Promise<WrittenContents> {
    const map = await openSpillMap({ folder, memoryBytesMax: MEMORY_BYTES_MAX })
    return new WrittenContents(folder, map)
  }

  add(key: string, digest: string): void {
    keyFingerprint(`${key}\t${digest}`, this.#words)
    this.#map.set(this.#words, 1)
  }

  has(key: string, digest: string): boolean {
    keyFingerprint(`${key}\t${digest}`, this.#words)
    return this.#map.get(this.#words) !== undefined
  }

  async close(): Promise<void> {
    await this.#map.close()
    await rm(this.#folder, { recursive: true, force: true })
  }
}
