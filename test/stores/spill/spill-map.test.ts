import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { appendFile, mkdtemp, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { HeadraceError } from '../../../src/core/errors.js'
import { openSpillMap, type SpillMap } from '../../../src/stores/spill/spill-map.js'

const TINY = 64 * 1024

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const parent = await mkdtemp(join(tmpdir(), 'headrace-spill-'))
  try {
    await use(join(parent, 'keys'))
  } finally {
    await rm(parent, { recursive: true, force: true })
  }
}

/** A fingerprint as a hash would give it, the same for the same number. */
function fingerprint(key: number): Uint32Array {
  return Uint32Array.from([1, 2, 3, 4], (salt) => {
    let word = Math.imul(key + salt * 0x9e3779b1, 0x7feb352d)
    word = Math.imul(word ^ (word >>> 15), 0x846ca68b)
    return word ^ (word >>> 16)
  })
}

function assertHolds(map: SpillMap, model: Map<number, number>, keys: number): void {
  assert.equal(map.size, model.size)
  for (let key = 0; key < keys; key++) assert.equal(map.get(fingerprint(key)), model.get(key))
}

describe('SpillMap', () => {
  test('holds what it held when its table has grown, and when that has spilled', async () => {
    await inFolder(async (folder) => {
      const map = await openSpillMap({ folder, memoryBytesMax: 8 * 1024 * 1024 })
      const model = new Map<number, number>()
      for (let key = 0; key < 70_000; key++) {
        assert.equal(map.set(fingerprint(key), key), undefined)
        model.set(key, key)
        if (key % 3 === 0) assert.equal(map.set(fingerprint(key >>> 1), 7), model.get(key >>> 1))
        if (key % 3 === 0) model.set(key >>> 1, 7)
      }
      assertHolds(map, model, 71_000)
      assert.ok((await readdir(folder)).some((name) => name.endsWith('.run')))
      await map.close()
    })
  })

  test('holds what a Map holds, over spills, merges and restarts', async () => {
    const step = fc.record({
      seed: fc.nat(),
      sets: fc.integer({ min: 0, max: 6_000 }),
      next: fc.constantFrom('go on', 'sync', 'restart', 'crash'),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 8 }),
        fc.integer({ min: 1, max: 30_000 }),
        check,
      ),
      { numRuns: 25 },
    )

    async function check(steps: { seed: number; sets: number; next: string }[], keys: number) {
      await inFolder(async (folder) => {
        let map = await openSpillMap({ folder, memoryBytesMax: TINY })
        let safe = { checkpoint: await map.sync(), model: new Map<number, number>() }
        let model = new Map<number, number>()
        for (const { seed, sets, next } of steps) {
          for (let n = 0; n < sets; n++) {
            const key = (Math.imul(seed + n, 0x9e3779b1) >>> 0) % keys
            assert.equal(map.set(fingerprint(key), seed + n), model.get(key))
            model.set(key, seed + n)
          }
          if (next === 'sync' || next === 'restart') {
            safe = { checkpoint: await map.sync(), model: new Map(model) }
          }
          if (next === 'restart' || next === 'crash') {
            await map.close()
            if (next === 'crash') await appendFile(join(folder, 'keys.log'), 'torn')
            map = await openSpillMap({
              folder,
              memoryBytesMax: TINY,
              restoreFrom: safe.checkpoint,
            })
            model = new Map(safe.model)
          }
        }
        assertHolds(map, model, keys)
        await map.close()
      })
    }
  })

  test('keeps fingerprints apart that share words, and the one of zeros', async () => {
    await inFolder(async (folder) => {
      const map = await openSpillMap({ folder, memoryBytesMax: TINY })
      const at = (n: number) => Uint32Array.of(n % 2, n % 3, n % 5, Math.floor(n / 30))
      for (let n = 0; n < 3_000; n++) assert.equal(map.set(at(n), n), undefined)
      for (let n = 0; n < 3_000; n++) assert.equal(map.get(at(n)), n)
      assert.equal(map.get(Uint32Array.of(7, 7, 7, 7)), undefined)
      const last = new Uint32Array(4).fill(0xffff_ffff)
      for (let n = 0; n < 200; n++) {
        last[3] = n
        assert.equal(map.set(last, n), undefined)
      }
      last[3] = 17
      assert.equal(map.get(last), 17)
      await map.close()
    })
  })

  test('takes the whole range of values and refuses others', async () => {
    await inFolder(async (folder) => {
      const map = await openSpillMap({ folder, memoryBytesMax: TINY })
      const key = fingerprint(1)
      for (const value of [0, 1, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
        map.set(key, value)
        assert.equal(map.get(key), value)
      }
      for (const value of [-1, 0.5, Number.NaN, 2 ** 53]) {
        assert.throws(() => map.set(key, value), RangeError)
      }
      const checkpoint = await map.sync()
      await map.close()
      const again = await openSpillMap({ folder, memoryBytesMax: TINY, restoreFrom: checkpoint })
      assert.equal(again.get(key), Number.MAX_SAFE_INTEGER)
      await again.close()
    })
  })

  test('leaves only its log behind, private, and starts empty unless told otherwise', async () => {
    await inFolder(async (folder) => {
      const map = await openSpillMap({ folder, memoryBytesMax: TINY })
      for (let key = 0; key < 5_000; key++) map.set(fingerprint(key), key)
      assert.ok((await readdir(folder)).some((name) => name.endsWith('.run')))
      await map.sync()
      await map.close()
      assert.deepEqual(await readdir(folder), ['keys.log'])
      assert.equal((await stat(join(folder, 'keys.log'))).mode & 0o777, 0o600)
      await writeFile(join(folder, '9.run'), 'of a process that was killed')
      const fresh = await openSpillMap({ folder, memoryBytesMax: TINY })
      assert.equal(fresh.size, 0)
      assert.equal(existsSync(join(folder, '9.run')), false)
      await fresh.close()
    })
  })

  test('refuses a log that is not what the checkpoint saw', async () => {
    await inFolder(async (folder) => {
      const log = join(folder, 'keys.log')
      const map = await openSpillMap({ folder, memoryBytesMax: TINY })
      for (let key = 0; key < 100; key++) map.set(fingerprint(key), key)
      const restoreFrom = await map.sync()
      await map.close()
      const refused = (error: unknown) => HeadraceError.is(error) && error.code === 'RESUME_REFUSED'
      const open = () => openSpillMap({ folder, memoryBytesMax: TINY, restoreFrom })

      await truncate(log, restoreFrom.bytes - 1)
      await assert.rejects(open, refused)
      await truncate(log, restoreFrom.bytes)
      await assert.rejects(open, refused)
      await rm(log)
      await assert.rejects(open, refused)
    })
  })

  test('refuses a bound too small to work with', async () => {
    await assert.rejects(
      openSpillMap({ folder: 'never-made', memoryBytesMax: 1_000 }),
      (error: unknown) => HeadraceError.is(error) && error.code === 'PIPELINE_INVALID',
    )
    assert.equal(existsSync('never-made'), false)
  })
})
