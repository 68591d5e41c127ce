import { createReadStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { FINGERPRINT_WORDS, keyFingerprint } from '../formats/item-digest.js'
import { openSpillMap, type SpillMap } from '../stores/spill/spill-map.js'
import { stateFailure } from '../stores/spill/state-file.js'
import { rejectsPath } from './reject-file.js'

const MEMORY_BYTES = 1024 * 1024

interface RejectLine {
  readonly row: { readonly partition: string; readonly index: number }
  readonly stage: string
  readonly key?: string
}

/**
 * Items of a run that were rejected as they were written, by row and key: known from the reject
 * file, since reading the source again does not tell. In bounded memory.
 */
export class RefusedItems {
  readonly #folder: string
  readonly #map: SpillMap
  readonly #words = new Uint32Array(FINGERPRINT_WORDS)

  private constructor(folder: string, map: SpillMap) {
    this.#folder = folder
    this.#map = map
  }

  /** Reads the rejects of a run; what does not fit into memory is in `tempFolder` until closed. */
  static async of(runFolder: string, tempFolder: string): Promise<RefusedItems> {
    const folder = await mkdtemp(join(tempFolder, 'refused-')).catch((error: unknown) => {
      throw stateFailure('use', tempFolder, error)
    })
    try {
      const map = await openSpillMap({ folder, memoryBytesMax: MEMORY_BYTES })
      const refused = new RefusedItems(folder, map)
      await refused.#read(rejectsPath(runFolder))
      return refused
    } catch (error) {
      await rm(folder, { recursive: true, force: true })
      throw error
    }
  }

  get size(): number {
    return this.#map.size
  }

  has(partition: string, index: number, key: string): boolean {
    if (this.#map.size === 0) return false
    return this.#map.get(this.#fingerprint(partition, index, key)) !== undefined
  }

  async close(): Promise<void> {
    await this.#map.close()
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #read(path: string): Promise<void> {
    try {
      for await (const line of createInterface({ input: createReadStream(path) })) {
        const { row, key, stage } = JSON.parse(line) as RejectLine
        if (key === undefined || !stage.startsWith('to')) continue
        this.#map.set(this.#fingerprint(row.partition, row.index, key), 0)
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        throw stateFailure('read', path, error)
    }
  }

  #fingerprint(partition: string, index: number, key: string): Uint32Array {
    keyFingerprint(`${partition}\n${index}\n${key}`, this.#words)
    return this.#words
  }
}
