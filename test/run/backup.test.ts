import assert from 'node:assert/strict'
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { isViolation } from '../../src/core/sink.js'
import { createItemEncoder } from '../../src/formats/dynamodb/item-encoder.js'
import { backup, HeadraceError, restore } from '../../src/index.js'
import { arbitraryItem } from '../formats/dynamodb/arbitrary-item.js'
import { createTable, mustCallDynamodb } from '../support/call-dynamodb.js'
import { startDynamodb } from '../support/dynamodb.js'
import { allItems, fillTable, putItems } from '../support/filled-table.js'
import { startHookedDynamodb } from '../support/hooked-dynamodb.js'
import { assertNoLeaks } from '../support/no-leaks.js'
import { temporaryFolder } from '../support/temporary-folder.js'

assertNoLeaks()
process.env['AWS_ACCESS_KEY_ID'] = 'test'
process.env['AWS_SECRET_ACCESS_KEY'] = 'test'

const EVERY_TYPE = {
  text: { S: 'a "quoted"\nline \u2028 é 😀' },
  empty: { S: '' },
  exact: { N: '90071992547409931234567890.123456789' },
  small: { N: '-0.000001' },
  raw: { B: 'AP8B' },
  yes: { BOOL: true },
  nothing: { NULL: true },
  texts: { SS: ['a', 'b'] },
  numbers: { NS: ['1', '2.5'] },
  raws: { BS: ['/w==', 'AA=='] },
  deep: { L: [{ M: { a: { L: [{ N: '1' }, { M: {} }] } } }] },
}

const APP = {
  TableName: 'app',
  BillingMode: 'PROVISIONED',
  ProvisionedThroughput: { ReadCapacityUnits: 7_000, WriteCapacityUnits: 9_000 },
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'N' },
    { AttributeName: 'mail', AttributeType: 'S' },
    { AttributeName: 'at', AttributeType: 'B' },
  ],
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: 'by-mail',
      KeySchema: [
        { AttributeName: 'mail', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['text'] },
      ProvisionedThroughput: { ReadCapacityUnits: 3_000, WriteCapacityUnits: 9_100 },
    },
  ],
  LocalSecondaryIndexes: [
    {
      IndexName: 'by-time',
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'at', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'KEYS_ONLY' },
    },
  ],
}

const itemsOf = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    pk: { S: `k${index}` },
    sk: { N: String(index % 7) },
    mail: { S: `m${index % 11}` },
    ...EVERY_TYPE,
  }))

async function described(endpoint: string, table: string): Promise<object> {
  const { Table } = await mustCallDynamodb(endpoint, 'DescribeTable', { TableName: table })
  const { AttributeDefinitions, KeySchema, ...rest } = Table as {
    readonly AttributeDefinitions: readonly { readonly AttributeName: string }[]
    readonly KeySchema: unknown
    readonly BillingModeSummary?: unknown
    readonly [name: string]: unknown
  }
  const indexes = [rest['GlobalSecondaryIndexes'], rest['LocalSecondaryIndexes']].map((list) =>
    (list as { readonly [name: string]: unknown }[] | undefined)?.map((index) => ({
      name: index['IndexName'],
      key: index['KeySchema'],
      projection: index['Projection'],
      units: unitsOf(index['ProvisionedThroughput']),
    })),
  )
  const names = AttributeDefinitions.toSorted((a, b) =>
    a.AttributeName < b.AttributeName ? -1 : 1,
  )
  return { names, KeySchema, indexes, units: unitsOf(rest['ProvisionedThroughput']) }
}

function unitsOf(throughput: unknown): unknown {
  const { ReadCapacityUnits, WriteCapacityUnits } = (throughput ?? {}) as Record<string, unknown>
  return { ReadCapacityUnits, WriteCapacityUnits }
}

async function withBackup(t: TestContext, count: number) {
  const { endpoint } = await startDynamodb(t)
  const folder = temporaryFolder()
  const file = join(folder, 'app.jsonl.gz')
  const access = { endpoint, region: 'local', stateDir: join(folder, 'state') }
  await fillTable(endpoint, APP, itemsOf(count))
  const result = await backup('app', file, access)
  return { endpoint, folder, file, access, result }
}

const codeOf = (code: string, message?: RegExp) => (error: unknown) => {
  assert.ok(HeadraceError.is(error), String(error))
  assert.equal(error.code, code)
  if (message !== undefined) assert.match(error.message, message)
  return true
}

describe('backup and restore', () => {
  test('keep every item and the definition of the table', async (t) => {
    const { endpoint, file, access, result } = await withBackup(t, 333)
    assert.equal(result.items, 333)
    assert.equal(result.bytes, statSync(file).size)
    assert.ok(result.readUnits > 0)
    const restored = await restore(file, 'app-copy', access)
    assert.equal(restored.status, 'succeeded')
    assert.equal(restored.created, true)
    assert.equal(restored.run.verification.status, 'match')
    assert.equal(restored.run.items.stored, 333)
    const keys = ['pk', 'sk']
    assert.deepEqual(
      await allItems(endpoint, 'app-copy', keys),
      await allItems(endpoint, 'app', keys),
    )
    assert.deepEqual(await described(endpoint, 'app-copy'), await described(endpoint, 'app'))
  })

  test('are DynamoDB JSON lines for other tools, private, with nothing left beside', async (t) => {
    const { folder, file, result } = await withBackup(t, 30)
    const lines = gunzipSync(readFileSync(file)).toString().trimEnd().split('\n')
    const values = lines.map((line) => JSON.parse(line) as { readonly Item?: object })
    assert.equal(values.length, 32)
    assert.equal(values.filter(({ Item }) => Item !== undefined).length, 30)
    assert.deepEqual(values.at(-1), { Trailer: { items: 30, sha256: result.sha256 } })
    assert.equal(statSync(file).mode & 0o777, 0o600)
    assert.deepEqual(
      readdirSync(folder).filter((name) => name !== 'state'),
      ['app.jsonl.gz'],
    )
  })

  test('keep an empty table, its time to live and its stream', async (t) => {
    const { endpoint } = await startDynamodb(t, 'dynoxide')
    const folder = temporaryFolder()
    const access = { endpoint, region: 'local', stateDir: join(folder, 'state') }
    await fillTable(
      endpoint,
      {
        TableName: 'none',
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'B' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
        StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
      } as { readonly TableName: string },
      [],
    )
    await mustCallDynamodb(endpoint, 'UpdateTimeToLive', {
      TableName: 'none',
      TimeToLiveSpecification: { AttributeName: 'gone', Enabled: true },
    })
    const file = join(folder, 'none.gz')
    assert.equal((await backup('none', file, { ...access, segments: 7 })).items, 0)
    assert.equal((await restore(file, 'copy', access)).run.verification.status, 'match')
    const { Table } = await mustCallDynamodb(endpoint, 'DescribeTable', { TableName: 'copy' })
    const { KeySchema, StreamSpecification } = Table as Record<string, unknown>
    assert.deepEqual(KeySchema, [{ AttributeName: 'id', KeyType: 'HASH' }])
    assert.deepEqual(StreamSpecification, {
      StreamEnabled: true,
      StreamViewType: 'NEW_AND_OLD_IMAGES',
    })
    const ttl = await mustCallDynamodb(endpoint, 'DescribeTimeToLive', { TableName: 'copy' })
    const { AttributeName } = ttl['TimeToLiveDescription'] as Record<string, unknown>
    assert.equal(AttributeName, 'gone')
  })
})

describe('backup and restore of any items', () => {
  test('give the same items', async (t) => {
    const { endpoint } = await startDynamodb(t)
    const folder = temporaryFolder()
    const access = { endpoint, region: 'local', stateDir: join(folder, 'state') }
    const keys = ['pk', 'sk']
    const encoder = createItemEncoder({
      partitionKey: { name: 'pk', type: 'S' },
      sortKey: { name: 'sk', type: 'S' },
    })
    let table = 0
    const property = fc.asyncProperty(
      fc.uniqueArray(arbitraryItem, { maxLength: 60, selector: ({ pk, sk }) => `${pk}\0${sk}` }),
      async (items) => {
        const encoded = items.map((item) => encoder.encode(item))
        const texts = encoded.flatMap((item) => (isViolation(item) ? [] : [item.text]))
        const [from, to] = [`from-${++table}`, `to-${table}`]
        await createTable(endpoint, from, keys)
        await putItems(
          endpoint,
          from,
          texts.map((text) => JSON.parse(text) as object),
        )
        const file = join(folder, `${from}.gz`)
        assert.equal((await backup(from, file, access)).items, texts.length)
        await restore(file, to, access)
        assert.deepEqual(await allItems(endpoint, to, keys), await allItems(endpoint, from, keys))
      },
    )
    await fc.assert(property, { numRuns: 4 })
  })
})

describe('a backup', () => {
  test('replaces a file only where it is told to', async (t) => {
    const { endpoint, file, access } = await withBackup(t, 3)
    const before = readFileSync(file)
    await assert.rejects(backup('app', file, access), codeOf('USAGE', /already/))
    assert.deepEqual(readFileSync(file), before)
    await putItems(endpoint, 'app', [{ pk: { S: 'new' }, sk: { N: '1' } }])
    assert.equal((await backup('app', file, { ...access, force: true })).items, 4)
    assert.equal((await restore(file, 'app-copy', access)).items, 4)
  })

  test('of a table that is not there names the one that is', async (t) => {
    const { folder, access } = await withBackup(t, 1)
    await assert.rejects(backup('apq', join(folder, 'x.gz'), access), codeOf('SOURCE_NOT_FOUND'))
    const nowhere = join(folder, 'no', 'x.gz')
    await assert.rejects(backup('app', nowhere, access), codeOf('USAGE', /cannot be written/))
    assert.ok(!readdirSync(folder).some((name) => name.startsWith('x.gz')))
  })

  test('that is stopped leaves no file', async (t) => {
    const { folder, access } = await withBackup(t, 1)
    const stopped = { ...access, signal: AbortSignal.abort() }
    await assert.rejects(backup('app', join(folder, 'x.gz'), stopped), codeOf('INTERRUPTED'))
    assert.ok(!readdirSync(folder).some((name) => name.startsWith('x.gz')))
  })
})

describe('a restore', () => {
  test('refuses a file that is cut off anywhere, and writes nothing', async (t) => {
    const { endpoint, folder, file, access } = await withBackup(t, 40)
    const whole = readFileSync(file)
    const cut = join(folder, 'cut.gz')
    const lengths = [0, 1, 20, whole.length >> 1, whole.length - 30, whole.length - 1]
    for (const length of lengths) {
      writeFileSync(cut, whole.subarray(0, length))
      await assert.rejects(restore(cut, 'app-copy', access), codeOf('SOURCE_MALFORMED'))
    }
    const lines = gunzipSync(whole).toString().split('\n')
    for (const left of [
      lines.slice(0, -2),
      lines.slice(0, 1),
      lines.slice(1),
      lines.toReversed(),
    ]) {
      writeFileSync(cut, gzipSync(left.join('\n')))
      await assert.rejects(restore(cut, 'app-copy', access), codeOf('SOURCE_MALFORMED'))
    }
    const { TableNames } = await mustCallDynamodb(endpoint, 'ListTables', {})
    assert.deepEqual(TableNames, ['app'])
  })

  test('refuses a file of which a line was changed, added or taken away', async (t) => {
    const { folder, file, access } = await withBackup(t, 40)
    const text = gunzipSync(readFileSync(file)).toString()
    const lines = text.split('\n')
    const edited = join(folder, 'edited.jsonl')
    const edits = [
      text.replace('"k7"', '"k8"'),
      text.replace('"writeUnits":9000', '"writeUnits":1'),
      text.replace('"items":40', '"items":41'),
      text.replace('{"Item"', ' {"Item"'),
      lines.toSpliced(5, 1).join('\n'),
      lines.toSpliced(5, 0, lines[5] ?? '').join('\n'),
      text + text,
      `${text}{"Item":{"pk":{"S":"x"},"sk":{"N":"1"}}}\n`,
    ]
    for (const edit of edits) {
      assert.notEqual(edit, text)
      writeFileSync(edited, edit)
      await assert.rejects(restore(edited, 'app-copy', access), codeOf('SOURCE_MALFORMED'))
    }
    writeFileSync(edited, text)
    assert.equal((await restore(edited, 'app-copy', access)).run.items.stored, 40)
  })

  test('leaves a table alone that holds items, unless it is told not to', async (t) => {
    const { endpoint, file, access } = await withBackup(t, 20)
    const own = [
      { pk: { S: 'k3' }, sk: { N: '3' }, mine: { S: 'changed' } },
      { pk: { S: 'other' }, sk: { N: '0' } },
    ]
    await putItems(endpoint, 'app', own)
    await assert.rejects(restore(file, 'app', access), codeOf('TARGET_NOT_EMPTY'))
    await assert.rejects(
      restore(file, 'app', { ...access, resume: true }),
      codeOf('TARGET_NOT_EMPTY'),
    )
    assert.equal((await allItems(endpoint, 'app')).length, 21)
    const forced = await restore(file, 'app', { ...access, force: true })
    assert.equal(forced.created, false)
    assert.equal(forced.run.verification.status, 'match')
    const after = await allItems(endpoint, 'app', ['pk', 'sk'])
    assert.equal(after.length, 21)
    assert.deepEqual(
      after.find((item) => JSON.stringify(item).includes('"k3"')),
      itemsOf(4)[3],
    )
  })

  test('refuses a table of other keys', async (t) => {
    const { endpoint, file, access } = await withBackup(t, 2)
    await createTable(endpoint, 'other')
    await assert.rejects(restore(file, 'other', access), codeOf('TARGET_MISMATCH'))
  })

  test('goes on where it failed, and tells how', async (t) => {
    const { endpoint: upstream, folder, file } = await withBackup(t, 300)
    const server = { writes: 0, refuses: true }
    const endpoint = await startHookedDynamodb(t, upstream, (operation) => {
      if (operation !== 'BatchWriteItem') return Promise.resolve()
      server.writes += 1
      return Promise.resolve(server.refuses && server.writes > 3 ? 'refuse' : undefined)
    })
    const access = { endpoint, region: 'local', stateDir: join(folder, 'state') }
    const first = await restore(file, 'app-copy', access)
    assert.equal(first.status, 'failed')
    assert.ok((await allItems(upstream, 'app-copy')).length > 0)
    assert.match(first.resume, /^headrace restore \S+ app-copy --resume --state-dir \S+$/)
    server.refuses = false
    await assert.rejects(restore(file, 'app-copy', access), codeOf('TARGET_NOT_EMPTY'))
    const last = await restore(file, 'app-copy', { ...access, resume: true })
    assert.equal(last.run.error, undefined)
    assert.equal(last.run.runId, first.run.runId)
    assert.equal(last.run.items.stored, 300)
    assert.equal(last.run.verification.status, 'match')
  })
})
