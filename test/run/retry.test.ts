import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { checksum, definePipeline, map, reject, run, toDynamodb, verify } from '../../src/index.js'
import { loadCheckpoint } from '../../src/run/checkpoint.js'
import { retry } from '../../src/run/retry.js'
import { fromArray } from '../support/array-source.js'
import { mustCallDynamodb } from '../support/call-dynamodb.js'
import { startFaultyDynamodb } from '../support/faulty-dynamodb/start-faulty-dynamodb.js'
import { assertNoLeaks } from '../support/no-leaks.js'
import { temporaryFolder } from '../support/temporary-folder.js'

assertNoLeaks()
process.env['AWS_ACCESS_KEY_ID'] = 'test'
process.env['AWS_SECRET_ACCESS_KEY'] = 'test'

/** Each key has three rows, every seventh row is bad. */
const rows = Array.from({ length: 600 }, (_, n) => ({ id: `k${n % 200}`, n }))

async function place(t: TestContext) {
  const server = await startFaultyDynamodb()
  t.after(() => server.close())
  const stateDir = join(temporaryFolder(), 'state')
  const pipelineOf = (bad: (n: number) => boolean, limit: number = 600) =>
    definePipeline({
      name: 'retried',
      flow: fromArray(rows, { batchRows: 50 })
        .pipe(
          map((row) =>
            bad(row.n)
              ? reject('bad', { value: row.n })
              : [
                  { pk: row.id, n: row.n },
                  ...(row.n % 2 === 1 ? [{ pk: `${row.id}#${row.n % 3}`, n: row.n }] : []),
                ],
          ),
        )
        .to(
          toDynamodb({
            table: 'app',
            partitionKey: 'pk',
            region: 'local',
            endpoint: server.endpoint,
            create: {},
          }),
        ),
      verify: checksum(),
      limits: { rejects: limit },
    })
  return { server, stateDir, pipelineOf }
}

function linesOf(path: string | undefined): { row: { number: number }; reason: string }[] {
  return readFileSync(path ?? '', 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { row: { number: number }; reason: string })
}

const isBad = (n: number) => n % 7 === 3

describe('retry', () => {
  test('leaves a run as if the mended pipeline had run in the first place', async (t) => {
    const here = await place(t)
    const first = await run(here.pipelineOf(isBad), { stateDir: here.stateDir })
    assert.equal(first.rows.rejected, rows.filter(({ n }) => isBad(n)).length)
    assert.deepEqual(
      linesOf(first.rejectFile).map(({ row }) => row.number),
      rows.map(({ n }) => n).filter(isBad),
    )
    const stillBad = (n: number) => isBad(n) && n % 2 === 1
    const half = here.pipelineOf(stillBad)
    const partly = await retry(half, first.runId, { stateDir: here.stateDir })
    const left = rows.filter(({ n }) => stillBad(n)).length
    assert.equal(partly.retried, first.rows.rejected)
    assert.equal(partly.rejected, left)
    assert.equal(partly.stored + partly.superseded, first.rows.rejected - left)
    assert.ok(partly.superseded > 0 && partly.stored > 0)
    assert.equal(linesOf(partly.rejectFile).length, left)
    assert.equal((await verify(half, { stateDir: here.stateDir })).status, 'match')

    const mended = here.pipelineOf(() => false)
    const whole = await retry(mended, first.runId, { stateDir: here.stateDir })
    assert.equal(whole.rejected + whole.conflicts, 0)
    assert.equal(whole.rejectFile, undefined)
    assert.equal((await verify(mended, { stateDir: here.stateDir })).status, 'match')
    const saved = await loadCheckpoint(join(here.stateDir, 'runs', first.runId))

    const other = await place(t)
    const undisturbed = await run(
      other.pipelineOf(() => false),
      { stateDir: other.stateDir },
    )
    assert.deepEqual(saved?.accounts.rows, undisturbed.rows)
    assert.deepEqual(saved?.accounts.items, undisturbed.items)
    assert.deepEqual(saved?.accounts.rejectedByReason, {})
    const again = await retry(mended, first.runId, { stateDir: here.stateDir })
    assert.equal(again.retried, 0)
    assert.deepEqual(
      (await loadCheckpoint(join(here.stateDir, 'runs', first.runId)))?.accounts,
      saved?.accounts,
    )
  })

  test('writes no key that someone else holds, and lists it', async (t) => {
    const here = await place(t)
    const only = (n: number) => n === 599
    const first = await run(
      here.pipelineOf((n) => only(n) || n === 199 || n === 399),
      {
        stateDir: here.stateDir,
      },
    )
    await mustCallDynamodb(here.server.endpoint, 'PutItem', {
      TableName: 'app',
      Item: { pk: { S: 'k199' }, by: { S: 'someone else' } },
    })
    const mended = here.pipelineOf(() => false)
    const result = await retry(mended, first.runId, { stateDir: here.stateDir })
    assert.deepEqual([result.retried, result.conflicts, result.stored], [3, 3, 0])
    assert.match(result.examples[0]?.key ?? '', /k199/)
    assert.equal(linesOf(result.rejectFile).length, 3)
    const { Item } = await mustCallDynamodb(here.server.endpoint, 'GetItem', {
      TableName: 'app',
      Key: { pk: { S: 'k199' } },
    })
    assert.deepEqual((Item as { by: unknown }).by, { S: 'someone else' })
    const difference = await verify(mended, { stateDir: here.stateDir })
    assert.deepEqual([difference.different, difference.missing, difference.extra], [1, 0, 0])
    await mustCallDynamodb(here.server.endpoint, 'DeleteItem', {
      TableName: 'app',
      Key: { pk: { S: 'k199' } },
    })
    const again = await retry(mended, first.runId, { stateDir: here.stateDir })
    assert.equal(again.conflicts, 0)
    assert.equal((await verify(mended, { stateDir: here.stateDir })).status, 'match')
    const saved = await loadCheckpoint(join(here.stateDir, 'runs', first.runId))
    assert.equal(saved?.accounts.rows.rejected, 0)
    assert.equal(saved?.accounts.items.rejected, 0)
  })

  test('refuses a run of another pipeline or target', async (t) => {
    const here = await place(t)
    const first = await run(here.pipelineOf(isBad), { stateDir: here.stateDir })
    const other = definePipeline({ ...here.pipelineOf(isBad), name: 'other' })
    await assert.rejects(retry(other, first.runId, { stateDir: here.stateDir }), { code: 'USAGE' })
    await assert.rejects(retry(other, 'none', { stateDir: here.stateDir }), {
      code: 'RUN_NOT_FOUND',
    })
  })
})
