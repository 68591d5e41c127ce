import assert from 'node:assert/strict'
import { copyFileSync, existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { createItemDigest } from '../../src/formats/item-digest.js'
import { compareSides, type CompareOptions } from '../../src/verify/compare-sides.js'
import { emptyState, SavedSums } from '../../src/verify/saved-sums.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { giving, holding, item, items, stored } from './sides.js'

function optionsIn(folder: string, more: Partial<CompareOptions> = {}): CompareOptions {
  const all = items(3_000)
  return {
    source: giving(all, 3, 100),
    target: holding(stored(all)),
    segments: 3,
    duplicates: 'last',
    scope: 'table',
    digest: createItemDigest('plan'),
    comparable: (text) => text,
    differingAttributes: () => ['n'],
    tempFolder: folder,
    signal: new AbortController().signal,
    ...more,
  }
}

describe('SavedSums', () => {
  test('goes on to the same result from whatever was saved', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'sums')
    const saved = new SavedSums(path, 'the same')
    let copies = 0
    const whole = await compareSides(
      optionsIn(folder, {
        saved,
        saveEveryMs: 0,
        onProgress: () => {
          if (existsSync(path)) copyFileSync(path, join(folder, `copy-${copies++}`))
        },
      }),
    )
    assert.equal(whole.status, 'match')
    assert.equal(existsSync(path), false)
    assert.ok(copies > 20, String(copies))
    for (let copy = 0; copy < copies; copy += 5) {
      const from = new SavedSums(join(folder, `copy-${copy}`), 'the same').load()
      assert.ok(from !== undefined)
      const before = { ...from.items }
      let read = 0
      const rest = await compareSides(
        optionsIn(folder, {
          from,
          onProgress: ({ sourceItems, targetItems }) => (read = sourceItems + targetItems),
        }),
      )
      assert.deepEqual(rest, whole)
      assert.equal(read, 6_000)
      assert.ok(before.source + before.target > 0)
    }
  })

  test('keeps sums that differ for another look', async () => {
    const folder = temporaryFolder()
    const saved = new SavedSums(join(folder, 'sums'), 'the same')
    const other = stored([...items(3_000), item(5, -5)])
    const stop = new AbortController()
    const stopped = compareSides(
      optionsIn(folder, {
        target: holding(other),
        saved,
        signal: stop.signal,
        onProgress: ({ phase }) => {
          if (phase === 'locate') stop.abort()
        },
      }),
    )
    await assert.rejects(stopped)
    const from = saved.load()
    assert.deepEqual(from?.items, { source: 3_000, target: 3_000 })
    const phases = new Set<string>()
    const found = await compareSides(
      optionsIn(folder, {
        target: holding(other),
        ...(from === undefined ? {} : { from }),
        onProgress: ({ phase }) => phases.add(phase),
      }),
    )
    assert.deepEqual([found.different, found.missing, found.extra], [1, 0, 0])
    assert.deepEqual([...phases], ['locate'], 'what is summed is not read for sums again')
  })

  test('takes only what was saved of the same comparison, and whole', () => {
    const path = join(temporaryFolder(), 'sums')
    const saved = new SavedSums(path, 'one')
    assert.equal(saved.load(), undefined)
    const state = emptyState()
    saved.save(state)
    assert.equal(statSync(path).mode & 0o777, 0o600)
    assert.equal(saved.load()?.since, state.since)
    assert.equal(new SavedSums(path, 'another').load(), undefined)
    state.positions.source.move('part', undefined)
    const { mtimeMs } = statSync(path)
    saved.save(state)
    assert.equal(
      statSync(path).mtimeMs,
      mtimeMs,
      'a part without a position cannot be gone on with',
    )
    saved.remove()
    assert.equal(saved.load(), undefined)
  })
})
