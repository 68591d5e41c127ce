import assert from 'node:assert/strict'
import {
  appendFileSync,
  copyFileSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { HeadraceError } from '../../../../src/core/errors.js'
import type { UndoHeader, UndoRecord } from '../../../../src/formats/undo-log/records.js'
import { UndoLogFile } from '../../../../src/sinks/dynamodb/undo/read-log.js'
import { logPath, notePath } from '../../../../src/sinks/dynamodb/undo/undo-files.js'
import { UndoLog } from '../../../../src/sinks/dynamodb/undo/undo-log.js'
import { assertNoLeaks } from '../../../support/no-leaks.js'
import { temporaryFolder } from '../../../support/temporary-folder.js'

assertNoLeaks()

const HEADER: UndoHeader = {
  headrace: 'undo log',
  version: 1,
  runId: 'users-1',
  at: 'local',
  region: 'local',
  table: 'app',
  keys: [{ name: 'pk', type: 'S' }],
  existed: true,
  mode: 'put',
  graceMs: 5_000,
}

const image = (n: number): UndoRecord => ({
  kind: 'image',
  key: `{"pk":{"S":"${n}"}}`,
  before: n % 2 === 0 ? undefined : `{"pk":{"S":"${n}"},"text":{"S":"a\\tb, tab and more ${n}"}}`,
  written: n.toString(16).padStart(32, '0'),
})

/** A log of several members, ended in order or as by a crash: with what was noted at first. */
async function logged(members = 4, crashed = false): Promise<string> {
  const folder = join(temporaryFolder(), 'undo')
  const log = await UndoLog.open(folder, HEADER)
  const atFirst = readFileSync(notePath(folder))
  for (let n = 0; n < members; n += 1) await log.append([image(2 * n), image(2 * n + 1)])
  await log.close()
  if (crashed) writeFileSync(notePath(folder), atFirst)
  return folder
}

async function read(folder: string): Promise<UndoRecord[]> {
  const file = await UndoLogFile.open(folder)
  if (file === undefined) return []
  const records: UndoRecord[] = []
  try {
    for await (const member of file.members()) records.push(...member.records)
  } finally {
    await file.close()
  }
  return records
}

async function refusal(folder: string): Promise<string> {
  const error: unknown = await read(folder).catch((thrown: unknown) => thrown)
  assert.ok(HeadraceError.is(error), 'refused')
  assert.equal(error.code, 'ROLLBACK_REFUSED')
  return error.message
}

/** Where each member begins; the last is the end. */
function bounds(folder: string): number[] {
  const bytes = readFileSync(logPath(folder))
  const at = [0]
  for (let end = 0; end < bytes.length; at.push(end)) end += bytes.readUInt32LE(end + 16)
  return at
}

describe('an undo log', () => {
  test('reads as it was written, and as gzip', async () => {
    const folder = await logged()
    const records = await read(folder)
    assert.deepEqual(
      records,
      Array.from({ length: 8 }, (_, n) => image(n)),
    )
    const text = gunzipSync(readFileSync(logPath(folder))).toString()
    assert.deepEqual(JSON.parse(text.split('\n')[0] ?? ''), HEADER)
    assert.equal(text.split('\n').length, 1 + 8 + 1)
    assert.equal(statSync(logPath(folder)).mode & 0o777, 0o600)
  })

  test('takes what is appended together in one member', async () => {
    const folder = await logged(0)
    const log = await UndoLog.open(folder, HEADER)
    await Promise.all(Array.from({ length: 200 }, (_, n) => log.append([image(n)])))
    await log.close()
    assert.equal((await read(folder)).length, 200)
    assert.ok(bounds(folder).length < 20, `${bounds(folder).length} members`)
  })

  test('goes on where it was, knowing its keys', async () => {
    const folder = await logged(3)
    const log = await UndoLog.open(folder, { ...HEADER, existed: false })
    const written = (n: number) => n.toString(16).padStart(32, '0')
    const key = (n: number) => `{"pk":{"S":"${n}"}}`
    assert.ok(log.keys.has(key(1)) && log.keys.hasLast(key(1), written(1)))
    assert.ok(!log.keys.hasLast(key(1), 'f'.repeat(32)))
    assert.ok(!log.keys.has(key(9)))
    await log.append([image(9)])
    await log.close()
    assert.equal((await read(folder)).length, 7)
  })

  test('is cut back to what was whole when a process crashed', async () => {
    const folder = await logged(4, true)
    const ends = bounds(folder)
    for (let size = ends[3] as number; size < (ends[4] as number); size += 7) {
      const copy = join(temporaryFolder(), 'undo')
      const log = await UndoLog.open(copy, HEADER)
      await log.close()
      copyFileSync(logPath(folder), logPath(copy))
      copyFileSync(notePath(folder), notePath(copy))
      truncateSync(logPath(copy), size)
      assert.equal((await read(copy)).length, 4, `cut at ${size}`)
      const again = await UndoLog.open(copy, HEADER)
      await again.append([image(40)])
      await again.close()
      assert.deepEqual((await read(copy)).at(-1), image(40))
    }
  })

  test('may have grown by zeros that were to be filled', async () => {
    const folder = await logged(2, true)
    appendFileSync(logPath(folder), Buffer.alloc(5_000))
    assert.equal((await read(folder)).length, 4)
  })

  test('is refused when it was cut short', async () => {
    const folder = await logged()
    const ends = bounds(folder)
    for (const size of [0, 10, ends[1], ends[3], (ends[4] ?? 0) - 1]) {
      truncateSync(logPath(folder), size)
      assert.match(await refusal(folder), /noted|checksum/, `cut at ${size}`)
      copyFileSync(logPath(await logged()), logPath(folder))
    }
    rmSync(logPath(folder))
    assert.match(await refusal(folder), /missing/)
  })

  test('is refused when a byte of it was changed', async () => {
    const folder = await logged()
    const whole = readFileSync(logPath(folder))
    for (let at = 0; at < whole.length; at += 1) {
      const changed = Buffer.from(whole)
      changed[at] = (changed[at] ?? 0) ^ 0x10
      writeFileSync(logPath(folder), changed)
      await refusal(folder)
    }
  })

  test('of a crashed run is refused when a byte before its last member was changed', async () => {
    const folder = await logged(3, true)
    const whole = readFileSync(logPath(folder))
    const last = bounds(folder).at(-2) as number
    for (let at = 0; at < last; at += 1) {
      const changed = Buffer.from(whole)
      changed[at] = (changed[at] ?? 0) ^ 0x10
      writeFileSync(logPath(folder), changed)
      await refusal(folder)
    }
  })

  test('is refused when members were left out, exchanged or put in', async () => {
    const folder = await logged(4, true)
    const whole = readFileSync(logPath(folder))
    const ends = bounds(folder)
    const parts = ends.slice(0, -1).map((from, n) => whole.subarray(from, ends[n + 1]))
    const [header, a, b, c, d] = parts as [Buffer, Buffer, Buffer, Buffer, Buffer]
    const other = await logged(2)
    const foreign = readFileSync(logPath(other)).subarray(bounds(other)[1], bounds(other)[2])
    for (const crafted of [
      [header, b, c, d],
      [header, a, c, b, d],
      [header, a, a, b, c, d],
      [a, b, c, d],
      [header, a, foreign, b, c, d],
      [header, Buffer.from('not a member at all'), a, b],
      [header, a, b, c, d, Buffer.from('and something behind it that is long enough to be one')],
    ]) {
      writeFileSync(logPath(folder), Buffer.concat(crafted))
      assert.match(await refusal(folder), /checksum|header/)
    }
  })

  test('is refused when it goes on as another run, or into another table', async () => {
    const folder = await logged()
    for (const other of [{ runId: 'users-2' }, { table: 'other' }, { at: 'eu-west-1' }]) {
      await assert.rejects(UndoLog.open(folder, { ...HEADER, ...other }), {
        code: 'RESUME_REFUSED',
      })
    }
    const log = await UndoLog.open(folder, HEADER)
    await log.enterTable('table 1')
    await log.enterTable('table 1')
    await assert.rejects(log.enterTable('table 2'), { code: 'RESUME_REFUSED' })
    await log.close()
  })
})
