import { randomBytes } from 'node:crypto'
import { HeadraceError } from '../core/errors.js'
import { digestToHex, emptyDigest, keyFingerprint, mergeDigest } from '../formats/item-digest.js'
import type { Comparison, CompareOptions } from './compare-options.js'
import { DifferenceLog } from './difference-log.js'
import { ItemHasher } from './item-hasher.js'
import { KeySample } from './key-sample.js'
import { ReadPositions } from './read-positions.js'
import { readTogether, sourceReading } from './read-sides.js'

const MEMORY_BYTES_DEFAULT = 64 * 1024 * 1024
const KEYS_AT_ONCE = 100
const CONFIDENCE = 0.95

export type SampleOptions = Pick<
  CompareOptions,
  | 'source'
  | 'target'
  | 'duplicates'
  | 'digest'
  | 'comparable'
  | 'differingAttributes'
  | 'signal'
  | 'onProgress'
> & {
  /** Items to look at. */
  readonly size: number
  /** Of texts, which are kept until they are compared. @default 64 MiB */
  readonly memoryBytesMax?: number
}

/** What a sample showed. Counts and digests are of the sample; extra items are not looked for. */
export interface SampleComparison extends Omit<Comparison, 'changedSince' | 'differencesFile'> {
  /** Items that the source gave; those of one key count each. */
  readonly drawnFrom: number
  /** If this share of the keys, or more, differs, a sample shows it with a probability of 95 %. */
  readonly shareNoticed: number
}

/**
 * Reads the source, draws keys from it that are all equally likely, and reads these from the
 * target. `missProbability` is the one with which a single differing key is not among them.
 * @throws HeadraceError `DUPLICATE_KEY` under the policy `error`, for keys of the sample
 */
export async function sampleSides(options: SampleOptions): Promise<SampleComparison> {
  const { source, size, signal, memoryBytesMax = MEMORY_BYTES_DEFAULT } = options
  const sample = new KeySample(size, memoryBytesMax, rankBy(randomBytes(16).toString('hex')))
  const progress = { phase: 'sum' as const, sourceItems: 0, targetItems: 0 }
  const reading = sourceReading(source, new ReadPositions(), (items) => {
    for (const { key, text } of items) {
      const known = sample.has(key)
      if (known && options.duplicates === 'error') throw duplicate(key)
      if (!known || options.duplicates === 'last') sample.offer(key, text)
    }
    progress.sourceItems += items.length
    options.onProgress?.({ ...progress })
  })
  await readTogether([reading], signal)
  const expected = sample.drawn()
  const of = progress.sourceItems
  const compared = await compareWithStored(expected, options)
  return { ...compared, drawnFrom: of, ...bounds(expected.size, of) }
}

/**
 * A share f of differing keys escapes n draws with (1 − f)^n at most; drawing without putting back
 * only makes it less likely.
 */
function bounds(
  drawn: number,
  of: number,
): { readonly missProbability: number; readonly shareNoticed: number } {
  if (drawn >= of) return { missProbability: 0, shareNoticed: 0 }
  return {
    missProbability: 1 - drawn / of,
    shareNoticed: 1 - (1 - CONFIDENCE) ** (1 / drawn),
  }
}

async function compareWithStored(
  expected: ReadonlyMap<string, string>,
  { target, comparable, differingAttributes, digest, signal }: SampleOptions,
): Promise<Omit<SampleComparison, 'drawnFrom' | 'shareNoticed' | 'missProbability'>> {
  const differences = new DifferenceLog(10, undefined)
  const hasher = new ItemHasher(digest, comparable)
  const lanes = { source: emptyDigest(), target: emptyDigest() }
  const keys = [...expected.keys()]
  let found = 0
  for (let from = 0; from < keys.length; from += KEYS_AT_ONCE) {
    signal.throwIfAborted()
    const asked = keys.slice(from, from + KEYS_AT_ONCE)
    const stored = new Map((await target.get(asked, signal)).map(({ key, text }) => [key, text]))
    for (const key of asked) {
      const text = expected.get(key) as string
      const there = stored.get(key)
      mergeDigest(lanes.source, hasher.hash(text))
      if (there === undefined) {
        differences.add({ kind: 'missing', key, source: text })
        continue
      }
      found++
      mergeDigest(lanes.target, hasher.hash(there))
      const [wanted, held] = [comparable(text), comparable(there)]
      if (wanted === held) continue
      const attributes = differingAttributes(wanted, held)
      differences.add({ kind: 'different', key, attributes, source: text, target: there })
    }
  }
  return {
    status: differences.total === 0 ? 'match' : 'differ',
    sourceItems: keys.length,
    targetItems: found,
    ...differences.counts,
    examples: differences.examples,
    sourceDigest: digestToHex(lanes.source),
    targetDigest: digestToHex(lanes.target),
  }
}

/** A random order of keys that is the same each time a key is met. */
function rankBy(salt: string): (key: string) => number {
  const words = new Uint32Array(4)
  return (key) => {
    keyFingerprint(salt + key, words)
    return words[0]! * 2 ** 20 + (words[1]! >>> 12)
  }
}

function duplicate(key: string): HeadraceError {
  return new HeadraceError('DUPLICATE_KEY', `Several source rows map to the key ${key}`, {
    key,
    hint: 'Make the keys unique, or declare the duplicate policy "last" or "first".',
  })
}
