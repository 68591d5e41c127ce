import { HeadraceError } from '../core/errors.js'
import type { DuplicatePolicy } from '../core/sink.js'
import type { ItemHasher } from './item-hasher.js'
import type { PartitionEntry } from './partition-files.js'
import type { Suspect } from './second-look.js'

export interface PartitionSides {
  /** Bodies are canonical texts. */
  readonly source: AsyncIterable<readonly PartitionEntry[]>
  /** Bodies are item hashes. */
  readonly target: AsyncIterable<readonly PartitionEntry[]>
}

export interface JoinOptions {
  readonly duplicates: DuplicatePolicy
  readonly hasher: ItemHasher
  /** Takes the hash of an item that both sides have. */
  readonly agreed: (itemHash: Uint32Array) => void
  readonly suspected: (suspect: Suspect) => Promise<void>
}

/**
 * Compares one partition key by key. The texts the source expects are held in memory; the target is
 * read past them.
 */
export async function joinPartition(sides: PartitionSides, options: JoinOptions): Promise<void> {
  const expected = await expectedTexts(sides.source, options.duplicates)
  for await (const entries of sides.target) {
    for (const { key, body } of entries) {
      const text = expected.get(key)
      if (text === undefined) {
        if (!expected.has(key)) await options.suspected({ key, source: undefined })
        continue
      }
      const hash = options.hasher.hash(text)
      if (!equalsHash(body, hash)) continue
      options.agreed(hash)
      // The key stays, so that an item which the target gives twice is not taken for an extra one.
      expected.set(key, undefined)
    }
  }
  for (const [key, text] of expected) {
    if (text !== undefined) await options.suspected({ key, source: text })
  }
}

async function expectedTexts(
  source: PartitionSides['source'],
  duplicates: DuplicatePolicy,
): Promise<Map<string, string | undefined>> {
  const expected = new Map<string, string | undefined>()
  for await (const entries of source) {
    for (const { key, body } of entries) {
      const repeated = expected.has(key)
      if (repeated && duplicates === 'error') {
        throw new HeadraceError('DUPLICATE_KEY', `Several source rows map to the key ${key}`, {
          key,
          hint: 'Make the keys unique, or declare the duplicate policy "last" or "first".',
        })
      }
      if (!repeated || duplicates === 'last') expected.set(key, body.toString('utf8'))
    }
  }
  return expected
}

export function hashBytes(itemHash: Uint32Array): Uint8Array {
  return new Uint8Array(itemHash.buffer, itemHash.byteOffset, itemHash.byteLength)
}

function equalsHash(bytes: Buffer, itemHash: Uint32Array): boolean {
  return bytes.equals(hashBytes(itemHash))
}
