import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { HeadraceError } from '../../src/core/errors.js'
import { createItemDigest } from '../../src/formats/item-digest.js'
import {
  type CompareOptions,
  type Comparison,
  compareSides,
} from '../../src/verify/compare-sides.js'
import type { SideItem, TargetSide } from '../../src/verify/read-sides.js'
import { giving, holding, item, items, onePart, stored } from './sides.js'

type Options = Omit<CompareOptions, 'tempFolder'>

async function compare(options: Options): Promise<Comparison> {
  const tempFolder = await mkdtemp(join(tmpdir(), 'headrace-verify-'))
  try {
    return await compareSides({ ...options, tempFolder })
  } finally {
    const left = await readdir(tempFolder)
    await rm(tempFolder, { recursive: true, force: true })
    assert.deepEqual(left, [], 'nothing is left in the temporary folder')
  }
}

function options(source: readonly SideItem[], target: TargetSide, more: Partial<Options> = {}) {
  return {
    source: giving(source),
    target,
    comparable: (text) => text,
    segments: 3,
    duplicates: 'last',
    scope: 'table',
    digest: createItemDigest('plan'),
    differingAttributes: () => ['n'],
    memoryBytesMax: 16 * 1024 * 1024,
    signal: new AbortController().signal,
    ...more,
  } satisfies Options
}

function counts({ missing, extra, different, changedSince }: Comparison) {
  return { missing, extra, different, changedSince }
}

const NONE = { missing: 0, extra: 0, different: 0, changedSince: 0 }

describe('compareSides', () => {
  test('finds exactly the differences there are', async () => {
    const count = 20_000
    const source = items(count)
    const plan = fc.record({
      size: fc.constantFrom(0, 1, 10, 1_000, count),
      seed: fc.nat(),
      scope: fc.constantFrom('table' as const, 'keys' as const),
    })
    await fc.assert(
      fc.asyncProperty(plan, async ({ size, seed, scope }) => {
        const target = stored(source)
        const expected = new Map<string, string>()
        for (let n = 0; n < size; n++) {
          const chosen = (seed + n * 7) % count
          const { key } = item(chosen)
          const kind = ['missing', 'different', 'extra'][(seed + n) % 3]!
          const other = item(chosen + count)
          if (kind === 'missing') target.delete(key)
          if (kind === 'different') target.set(key, item(chosen, -1).text)
          if (kind === 'extra') target.set(other.key, other.text)
          if (kind !== 'extra') expected.set(key, kind)
          else if (scope === 'table') expected.set(other.key, kind)
        }
        const found = await compare(
          options(source, holding(target), { scope, examplesMax: Infinity }),
        )
        const named = new Map(found.examples.map(({ key, kind }) => [key, kind]))
        assert.deepEqual(named, expected)
        assert.equal(found.missing + found.extra + found.different, expected.size)
        assert.equal(found.status, expected.size === 0 ? 'match' : 'differ')
        assert.equal(found.sourceDigest === found.targetDigest, expected.size === 0)
        assert.equal(found.sourceItems, count)
        assert.equal(found.targetItems, count - found.missing + found.extra)
      }),
      { numRuns: 12 },
    )
  })

  test('applies the duplicate policy, and counts each key once', async () => {
    const repeated = [...items(2_000), item(7, 'b'), item(7, 'c'), item(8), item(9, 'd')]
    const last = stored(repeated)
    const first = stored([...repeated].reverse())
    const keepsLast = await compare(options(repeated, holding(last)))
    assert.deepEqual({ ...counts(keepsLast) }, NONE)
    assert.equal(keepsLast.status, 'match')
    assert.equal(keepsLast.sourceItems, 2_000)
    assert.equal(keepsLast.sourceDigest, keepsLast.targetDigest)
    const plain = await compare(
      options(
        [...last].map(([key, text]) => ({ key, text })),
        holding(last),
      ),
    )
    assert.equal(keepsLast.sourceDigest, plain.sourceDigest)

    const keepsFirst = await compare(options(repeated, holding(first), { duplicates: 'first' }))
    assert.deepEqual(counts(keepsFirst), NONE)
    const wrong = await compare(options(repeated, holding(first)))
    assert.deepEqual(counts(wrong), { ...NONE, different: 2 })

    await assert.rejects(
      compare(options(repeated, holding(last), { duplicates: 'error' })),
      (error: unknown) => HeadraceError.is(error) && error.code === 'DUPLICATE_KEY',
    )
  })

  test('holds the policy for a single key with very many rows', async () => {
    const source = Array.from({ length: 30_000 }, (_, n) => item(1, n))
    const found = await compare(options(source, holding(stored([item(1, 29_999)]))))
    assert.equal(found.status, 'match')
    assert.equal(found.sourceItems, 1)
  })

  test('compares long items, in partitions of their own', async () => {
    const long = (n: number, end: string): SideItem => {
      const text = `${'ä'.repeat(100_000)}${'\u{1f600}'.repeat(n % 3)}${end}`
      return { key: `key ${n} ü`, text }
    }
    const source = Array.from({ length: 60 }, (_, n) => long(n, ''))
    const target = stored(source.map((_, n) => long(n, n % 2 === 0 ? '' : '!')))
    const found = await compare(options(source, holding(target), { examplesMax: 60 }))
    assert.equal(found.different, 30)
    const odd = source.filter((_, n) => n % 2 === 1).map(({ key }) => key)
    assert.deepEqual(found.examples.map(({ key }) => key).sort(), odd.sort())
  })

  test('leaves other items out of the scope of keys, many as they may be', async () => {
    const source = items(300)
    const target = stored([...items(20_000)])
    const match = await compare(options(source, holding(target), { scope: 'keys' }))
    assert.equal(match.status, 'match')
    assert.equal(match.targetItems, 300)
    target.delete(item(5).key)
    const differ = await compare(options(source, holding(target), { scope: 'keys' }))
    assert.deepEqual(counts(differ), { ...NONE, missing: 1 })
    assert.equal(differ.targetItems, 299)
  })

  test('tells keys that changed since from those that differ', async () => {
    const source = items(1_000)
    const scanned = stored(source)
    scanned.delete(item(1).key)
    scanned.set(item(2).key, item(2, 'old').text)
    scanned.set(item(5_000).key, item(5_000).text)
    scanned.delete(item(3).key)
    const later = stored(source)
    later.set(item(3).key, item(3, 'other').text)
    const found = await compare(options(source, holding(scanned, later)))
    assert.deepEqual(counts(found), { ...NONE, different: 1, changedSince: 3 })
    assert.equal(found.examples[0]?.target, item(3, 'other').text)
    later.set(item(3).key, item(3).text)
    const settled = await compare(options(source, holding(scanned, later)))
    assert.equal(settled.status, 'match')
    assert.equal(settled.sourceDigest, settled.targetDigest)
  })

  test('compares empty sides', async () => {
    const both = await compare(options([], holding(new Map())))
    assert.equal(both.status, 'match')
    assert.equal(both.sourceDigest, '0'.repeat(64))
    const source = await compare(options([], holding(stored(items(3)))))
    assert.deepEqual(counts(source), { ...NONE, extra: 3 })
    const target = await compare(options(items(3), holding(new Map())))
    assert.deepEqual(counts(target), { ...NONE, missing: 3 })
  })

  test('lists every difference in a file, and keeps a few examples', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'headrace-verify-'))
    const differencesFile = join(folder, 'differences.jsonl')
    const source = items(500)
    const found = await compare(options(source, holding(new Map()), { differencesFile }))
    assert.equal(found.differencesFile, differencesFile)
    assert.equal(found.examples.length, 10)
    const lines = (await readFile(differencesFile, 'utf8')).trimEnd().split('\n')
    const keys = lines.map((line) => (JSON.parse(line) as { key: string }).key)
    assert.deepEqual(keys.sort(), source.map(({ key }) => key).sort())

    const match = await compare(options(source, holding(stored(source)), { differencesFile }))
    assert.equal(match.differencesFile, undefined)
    assert.equal(existsSync(differencesFile), false, 'a list from before is gone')
    await rm(folder, { recursive: true })
  })

  test('reads each side once when they agree, and twice at most', async () => {
    const source = items(1_000)
    let reads = 0
    let scans = 0
    const counted = (target: TargetSide) =>
      options(source, {
        ...target,
        scan: (...scan) => {
          scans++
          return target.scan(...scan)
        },
      })
    const run = async (target: Map<string, string>) => {
      reads = 0
      scans = 0
      const base = counted(holding(target))
      await compare({
        ...base,
        source: {
          ...base.source,
          read: (...reading) => {
            reads++
            return base.source.read(...reading)
          },
        },
      })
      return { reads, scans }
    }
    assert.deepEqual(await run(stored(source)), { reads: 1, scans: 3 })
    assert.deepEqual(await run(stored(items(999))), { reads: 2, scans: 6 })
  })

  test('stops when aborted, in either reading, and leaves nothing behind', async () => {
    for (const stopAt of [1, 9]) {
      const stop = new AbortController()
      const reason = new Error('stopped from outside')
      const source = items(3_000)
      let taken = 0
      const base = options(source, holding(new Map()), { signal: stop.signal })
      const onProgress = () => {
        taken++
        if (taken === stopAt) stop.abort(reason)
      }
      await assert.rejects(compare({ ...base, onProgress }), reason)
    }
  })

  test('throws what a side throws, once the other side is closed', async () => {
    const failure = new Error('connection lost')
    let closed = false
    const source = async function* () {
      try {
        for (;;) {
          await new Promise((resolve) => setImmediate(resolve))
          yield { items: [item(1)], position: undefined }
        }
      } finally {
        closed = true
      }
    }
    const target = holding(new Map())
    const scan = async function* (): AsyncGenerator<SideItem[]> {
      yield [item(1)]
      throw failure
    }
    await assert.rejects(
      compare({ ...options([], { ...target, scan }), source: onePart(source) }),
      failure,
    )
    assert.equal(closed, true)
  })

  test('takes a source that ends when it is aborted for stopped, not for whole', async () => {
    const stop = new AbortController()
    const reason = new Error('stopped')
    const source = async function* () {
      yield { items: [item(1)], position: undefined }
      stop.abort(reason)
    }
    const target = holding(stored([item(1)]))
    await assert.rejects(
      compare({ ...options([], target, { signal: stop.signal }), source: onePart(source) }),
      reason,
    )
  })

  test('refuses a bound too small to hold', async () => {
    await assert.rejects(
      compare(options([], holding(new Map()), { memoryBytesMax: 1_000 })),
      (error: unknown) => HeadraceError.is(error) && error.code === 'USAGE',
    )
  })
})
