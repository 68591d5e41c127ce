import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { absent } from '../../src/core/absent.js'
import { checksum, definePipeline, type Pipeline } from '../../src/core/pipeline.js'
import { retry } from '../../src/run/retry.js'
import { run } from '../../src/run/run.js'
import { verify } from '../../src/run/verify.js'
import { toDynamodb } from '../../src/sinks/dynamodb/to-dynamodb.js'
import { map } from '../../src/stages/map.js'
import { fromArray } from '../support/array-source.js'
import { createTable, mustCallDynamodb } from '../support/call-dynamodb.js'
import { startDynamodb } from '../support/dynamodb.js'
import { assertNoLeaks } from '../support/no-leaks.js'
import { temporaryFolder } from '../support/temporary-folder.js'

assertNoLeaks()

const ROWS = Array.from({ length: 230 }, (_, n) => ({ pk: `key ${n}`, n }))

interface Started {
  readonly endpoint: string
  readonly client: DynamoDBClient
  readonly stateDir: string
}

async function start(t: TestContext): Promise<Started> {
  const { endpoint } = await startDynamodb(t)
  await createTable(endpoint, 'things')
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' }
  const client = new DynamoDBClient({ endpoint, region: 'local', credentials })
  t.after(() => client.destroy())
  for (const { pk } of ROWS) await put(endpoint, pk, { old: { S: 'o' }, kept: { S: 'k' } })
  return { endpoint, client, stateDir: temporaryFolder() }
}

async function put(endpoint: string, pk: string, attributes: object): Promise<void> {
  const Item = { pk: { S: pk }, ...attributes }
  await mustCallDynamodb(endpoint, 'PutItem', { TableName: 'things', Item })
}

function updating(client: DynamoDBClient, ignore: readonly string[] = []): Pipeline {
  return definePipeline({
    name: 'updating',
    flow: fromArray(ROWS)
      .pipe(map(({ pk, n }) => ({ pk, n, seen: `at ${n}`, old: absent })))
      .to(toDynamodb({ table: 'things', partitionKey: 'pk', client, mode: 'update' })),
    verify: checksum({ ignore }),
  })
}

function deleting(client: DynamoDBClient): Pipeline {
  return definePipeline({
    name: 'deleting',
    flow: fromArray(ROWS.slice(0, 120))
      .pipe(map(({ pk }) => ({ pk })))
      .to(toDynamodb({ table: 'things', partitionKey: 'pk', client, mode: 'delete' })),
    verify: checksum(),
  })
}

describe('verifying what is not stored whole', () => {
  test('names each update that is not in effect, and the attributes', async (t) => {
    const { endpoint, client, stateDir } = await start(t)
    const pipeline = updating(client)
    const summary = await run(pipeline, { stateDir })
    assert.equal(summary.verification.status, 'match')
    assert.equal(summary.verification.sourceItems, ROWS.length)
    assert.equal(summary.sentDigest, summary.verification.digest)

    const whole = { n: { N: '3' }, seen: { S: 'at 3' } }
    await put(endpoint, 'key 3', { ...whole, kept: { S: 'changed since' } })
    await put(endpoint, 'key 4', { n: { N: '4.0' }, seen: { S: 'at 4' }, old: { S: 'again' } })
    await put(endpoint, 'key 5', { n: { S: '5' }, seen: { S: 'at 5' } })
    const Key = { pk: { S: 'key 200' } }
    await mustCallDynamodb(endpoint, 'DeleteItem', { TableName: 'things', Key })
    const result = await verify(pipeline, { stateDir })
    const { status, missing, extra, different, examples } = result
    assert.deepEqual(
      { status, missing, extra, different },
      {
        status: 'differ',
        missing: 1,
        extra: 0,
        different: 2,
      },
    )
    assert.deepEqual(
      examples.map(({ kind, key, attributes }) => [kind, key, attributes]),
      [
        ['different', '{"pk":{"S":"key 4"}}', ['old']],
        ['different', '{"pk":{"S":"key 5"}}', ['n']],
        ['missing', '{"pk":{"S":"key 200"}}', undefined],
      ],
    )
    const file = join(stateDir, 'runs', summary.runId, 'differences.jsonl')
    assert.equal(readFileSync(file, 'utf8').trimEnd().split('\n').length, 3)
    assert.equal((await verify(updating(client, ['old', 'n']), { stateDir })).different, 0)
  })

  test('names each item that should be gone', async (t) => {
    const { endpoint, client, stateDir } = await start(t)
    const pipeline = deleting(client)
    const summary = await run(pipeline, { stateDir })
    assert.equal(summary.verification.status, 'match')
    await put(endpoint, 'key 7', {})
    const { status, extra, missing, different, examples } = await verify(pipeline, { stateDir })
    assert.deepEqual([status, extra, missing, different], ['differ', 1, 0, 0])
    assert.equal(examples[0]?.key, '{"pk":{"S":"key 7"}}')
  })

  test('is no base for what needs whole items', async (t) => {
    const { client, stateDir } = await start(t)
    const pipeline = updating(client)
    const { runId } = await run(pipeline, { stateDir })
    const wanted = [
      { sample: 10 },
      { resume: true },
      { repair: true },
      { certificate: join(stateDir, 'c') },
    ]
    for (const options of wanted) {
      await assert.rejects(verify(pipeline, { stateDir, ...options }), {
        code: 'USAGE',
        message: /store items whole/,
      })
    }
    await assert.rejects(retry(pipeline, runId, { stateDir }), { code: 'USAGE' })
  })
})
