import assert from 'node:assert/strict'
import { cpSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { HeadraceError } from '../../src/core/errors.js'
import { rollback, run, type RunOptions } from '../../src/index.js'
import { createTable, mustCallDynamodb } from '../support/call-dynamodb.js'
import { startFaultyDynamodb } from '../support/faulty-dynamodb/start-faulty-dynamodb.js'
import { assertNoLeaks } from '../support/no-leaks.js'
import { TABLE, undoPlace, type UndoPlace, type UndoRow } from '../support/undo-place.js'

assertNoLeaks()

const rows: UndoRow[] = Array.from({ length: 100 }, (_, n) => ({ pk: `key ${n}`, n }))

async function loaded(place: UndoPlace, options: RunOptions = { undoLog: true }): Promise<string> {
  const { runId, status } = await run(place.pipeline(rows), {
    stateDir: place.stateDir,
    ...options,
  })
  assert.equal(status, 'succeeded')
  return runId
}

async function refusal(place: UndoPlace, runId: string): Promise<HeadraceError> {
  const before = await place.items()
  const error: unknown = await rollback(runId, { stateDir: place.stateDir }).catch(
    (thrown: unknown) => thrown,
  )
  assert.ok(HeadraceError.is(error), 'refused')
  assert.deepEqual(await place.items(), before, 'nothing was done')
  return error
}

describe('rolling back is refused', () => {
  test('for a run without an undo log, saying what can be done', async (t) => {
    const place = await undoPlace(t)
    const error = await refusal(place, await loaded(place, {}))
    assert.equal(error.code, 'ROLLBACK_REFUSED')
    assert.match(error.message, /kept no undo log/)
    assert.match(error.hint ?? '', /restore-table-to-point-in-time --source-table-name undone/)
    assert.doesNotMatch(error.hint ?? '', /delete-table/)
  })

  test('for a log that was cut short or changed, with the place', async (t) => {
    const place = await undoPlace(t)
    const runId = await loaded(place)
    const path = join(place.undoFolder(runId), 'undo.log.gz')
    const whole = readFileSync(path)
    truncateSync(path, whole.length >> 1)
    assert.match((await refusal(place, runId)).message, /byte \d+|noted/)
    const changed = Buffer.from(whole)
    changed[whole.length >> 1] = (changed[whole.length >> 1] ?? 0) ^ 1
    writeFileSync(path, changed)
    assert.match((await refusal(place, runId)).message, /byte \d+/)
    rmSync(path)
    assert.match((await refusal(place, runId)).message, /missing/)
    writeFileSync(path, whole)
    const { status } = await rollback(runId, { stateDir: place.stateDir })
    assert.equal(status, 'complete')
  })

  test('for the log of another run', async (t) => {
    const place = await undoPlace(t)
    const first = await loaded(place)
    const second = await loaded(place)
    cpSync(place.undoFolder(first), place.undoFolder(second), { recursive: true })
    const error = await refusal(place, second)
    assert.equal(error.code, 'ROLLBACK_REFUSED')
    assert.match(error.message, new RegExp(`is of run ${first}`))
  })

  test('for a table that was made anew, or is gone', async (t) => {
    const place = await undoPlace(t)
    const runId = await loaded(place)
    await mustCallDynamodb(place.endpoint, 'DeleteTable', { TableName: TABLE })
    const gone: unknown = await rollback(runId, { stateDir: place.stateDir }).catch(
      (thrown: unknown) => thrown,
    )
    assert.ok(HeadraceError.is(gone))
    assert.equal(gone.code, 'TARGET_NOT_FOUND')
    await createTable(place.endpoint, TABLE)
    const error = await refusal(place, runId)
    assert.equal(error.code, 'ROLLBACK_REFUSED')
    assert.match(error.message, /the one of that name now is/)
  })

  test('for a run that is not there, and for options that there are not', async (t) => {
    const place = await undoPlace(t)
    assert.equal((await refusal(place, 'no-such-run')).code, 'RUN_NOT_FOUND')
    const wrong = { stateDir: place.stateDir, forse: true }
    await assert.rejects(rollback('any', wrong), { code: 'USAGE', hint: 'Did you mean `force`?' })
  })
})

describe('a run with an undo log', () => {
  test('cannot take one up in the middle', async (t) => {
    const server = await startFaultyDynamodb()
    t.after(() => server.close())
    const place = await undoPlace(t, { endpoint: server.endpoint })
    const pipeline = place.pipeline(rows, { sink: { concurrency: 1 } })
    const { stateDir } = place
    const stopped = await run(pipeline, { stateDir, signal: server.afterWrites(20) })
    assert.equal(stopped.status, 'interrupted')
    await assert.rejects(run(pipeline, { stateDir, resume: true, undoLog: true }), {
      code: 'RESUME_REFUSED',
    })
  })

  test('is not gone on with once it is rolled back, and reads all anew', async (t) => {
    const server = await startFaultyDynamodb({
      upstream: (await undoPlace(t)).endpoint,
    })
    t.after(() => server.close())
    const place = await undoPlace(t, { endpoint: server.endpoint, table: false })
    const pipeline = place.pipeline(rows, { sink: { concurrency: 1 } })
    const options = { stateDir: place.stateDir, undoLog: true }
    const stopped = await run(pipeline, { ...options, signal: server.afterWrites(20) })
    assert.equal(stopped.status, 'interrupted')
    assert.equal((await rollback(stopped.runId, { stateDir: place.stateDir })).status, 'complete')
    const warnings: string[] = []
    const again = await run(pipeline, {
      ...options,
      resume: true,
      onWarning: (message) => warnings.push(message),
    })
    assert.notEqual(again.runId, stopped.runId)
    assert.equal(again.rows.read, rows.length)
    assert.match(warnings.join(), /no unfinished run/)
  })
})
