import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checksum, definePipeline, map, run, toDynamodb } from '../../src/index.js'
import { fromDynamodb } from '../../src/sources/from-dynamodb.js'
import { createTable, mustCallDynamodb } from '../support/call-dynamodb.js'
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
  readonly exact: bigint
}

async function filledTable(endpoint: string): Promise<void> {
  await createTable(endpoint, 'old')
  for (let from = 0; from < ROWS; from += 25) {
    const puts = Array.from({ length: 25 }, (_, index) => ({
      PutRequest: {
        Item: {
          pk: { S: `k${from + index}` },
          sizes: { NS: ['1', String(from + index + 2)] },
          exact: { N: `9007199254740993${from + index}` },
          raw: { B: Buffer.from([0, 255, index]).toString('base64') },
          pad: { S: 'x'.repeat(1_500) },
        },
      },
    }))
    await mustCallDynamodb(endpoint, 'BatchWriteItem', { RequestItems: { old: puts } })
  }
}

for (const uniqueKeys of [false, true]) {
  const how = uniqueKeys ? 'segments at once' : 'one segment after the other'
  test(`table to table matches, interrupted and resumed, ${how}`, async (t) => {
    const { endpoint: upstream } = await startDynamodb(t)
    const dynamodb = await startFaultyDynamodb({ upstream })
    t.after(() => dynamodb.close())
    const { endpoint } = dynamodb
    await filledTable(upstream)
    const access = { endpoint, region: 'local' }
    const pipeline = definePipeline({
      name: 'copy',
      flow: fromDynamodb<Row>({ table: 'old', ...access })
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
    const stateDir = temporaryFolder()
    const first = await run(pipeline, {
      stateDir,
      signal: dynamodb.afterWrites(500),
    })
    assert.equal(first.status, 'interrupted')
    assert.ok(first.rows.read < ROWS)
    const last = await run(pipeline, { stateDir, resume: true })
    assert.equal(last.runId, first.runId)
    assert.equal(last.error, undefined)
    assert.equal(last.rows.read, ROWS)
    assert.equal(last.items.stored, ROWS)
    assert.equal(last.consistency, 'none')
    assert.equal(last.verification.status, 'match')
    assert.equal(last.verification.targetItems, ROWS)
  })
}

test('a table is moved to another key', async (t) => {
  const { endpoint } = await startDynamodb(t)
  await filledTable(endpoint)
  const access = { endpoint, region: 'local' }
  const { status, rows, verification } = await run(
    definePipeline({
      name: 'rekey',
      flow: fromDynamodb<Row>({ table: 'old', ...access })
        .pipe(map(({ pk, sizes, exact }) => ({ half: exact % 2n, id: `ITEM#${pk}`, sizes, exact })))
        .to(
          toDynamodb({
            table: 'new',
            partitionKey: { name: 'half', type: 'N' },
            sortKey: 'id',
            create: {},
            ...access,
          }),
        ),
      verify: checksum(),
    }),
    { stateDir: temporaryFolder() },
  )
  assert.deepEqual([status, rows.stored, verification.status], ['succeeded', ROWS, 'match'])
  const Key = { half: { N: '1' }, id: { S: 'ITEM#k7' } }
  const { Item } = await mustCallDynamodb(endpoint, 'GetItem', { TableName: 'new', Key })
  const exact = { N: '90071992547409937' }
  assert.deepEqual(Item, { ...Key, sizes: { NS: ['1', '9'] }, exact })
})
