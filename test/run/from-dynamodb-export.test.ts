import assert from 'node:assert/strict'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { checksum, definePipeline, map, run, toDynamodb } from '../../src/index.js'
import { fromDynamodbExport } from '../../src/sources/from-dynamodb-export.js'
import { writeExport } from '../sources/dynamodb-export/write-export.js'
import { startDynamodb } from '../support/dynamodb.js'
import { startFaultyDynamodb } from '../support/faulty-dynamodb/start-faulty-dynamodb.js'
import { assertNoLeaks } from '../support/no-leaks.js'
import { temporaryFolder } from '../support/temporary-folder.js'

assertNoLeaks()
process.env['AWS_ACCESS_KEY_ID'] = 'test'
process.env['AWS_SECRET_ACCESS_KEY'] = 'test'

const ROWS = 6_000

interface Row {
  readonly pk: string
  readonly sizes: ReadonlySet<number>
  readonly raw: Uint8Array
}

/** Four files of items with values that are easily lost. */
function exported(): string {
  const lineOf = (n: number) => ({
    Item: {
      pk: { S: `k${n}` },
      sizes: { NS: ['1', `${n}.00000000000000000001`] },
      raw: { B: Buffer.from([0, 255, n % 256]).toString('base64') },
    },
  })
  const files = [0, 1, 2, 3].map((file) =>
    Array.from({ length: ROWS / 4 }, (_, n) => lineOf(file * (ROWS / 4) + n)),
  )
  return writeExport(temporaryFolder(), { files })
}

function copying(path: string, endpoint: string, uniqueKeys: boolean) {
  const access = { endpoint, region: 'local' }
  return definePipeline({
    name: 'restore',
    flow: fromDynamodbExport<Row>({ path })
      .pipe(map((row) => ({ ...row })))
      .to(
        toDynamodb({
          table: 'new',
          partitionKey: 'pk',
          create: {},
          uniqueKeys,
          concurrency: 2,
          ...access,
        }),
      ),
    verify: checksum(),
    limits: { rewrites: 2_000 },
  })
}

for (const uniqueKeys of [false, true]) {
  const how = uniqueKeys ? 'files at once' : 'one file after the other'
  test(`export to table matches, interrupted and resumed, ${how}`, async (t) => {
    const { endpoint: upstream } = await startDynamodb(t)
    const dynamodb = await startFaultyDynamodb({ upstream })
    t.after(() => dynamodb.close())
    const { endpoint } = dynamodb
    const pipeline = copying(exported(), endpoint, uniqueKeys)
    const stateDir = temporaryFolder()
    const first = await run(pipeline, {
      stateDir,
      requireSnapshot: true,
      signal: dynamodb.afterWrites(500),
    })
    assert.equal(first.status, 'interrupted')
    const last = await run(pipeline, { stateDir, resume: true })
    assert.equal(last.runId, first.runId)
    assert.equal(last.error, undefined)
    assert.equal(last.rows.read, ROWS)
    assert.equal(last.items.stored, ROWS)
    assert.equal(last.consistency, 'snapshot')
    assert.equal(last.verification.status, 'match')
  })
}

test('a damaged data file fails the run', async (t) => {
  const { endpoint } = await startDynamodb(t)
  const path = exported()
  appendFileSync(join(path, 'data/file3.json.gz'), Buffer.alloc(1))
  const { status, error } = await run(copying(path, endpoint, false), {
    stateDir: temporaryFolder(),
  })
  assert.equal(status, 'failed')
  assert.equal(error?.code, 'SOURCE_MALFORMED')
  assert.match(error.message, /file3\.json\.gz is not the file that was exported: its MD5/)
})
