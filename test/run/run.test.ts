import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import {
  checksum,
  definePipeline,
  fromCsv,
  instant,
  map,
  normalize,
  plan,
  run,
  skip,
  toDynamodb,
  verify,
  type Limits,
  type Pipeline,
  type RunOptions,
} from '../../src/index.js'
import { HeadraceError } from '../../src/core/errors.js'
import { fromArray } from '../support/array-source.js'
import { callDynamodb, createTable, mustCallDynamodb } from '../support/call-dynamodb.js'
import { startDynamodb } from '../support/dynamodb.js'
import { assertNoLeaks } from '../support/no-leaks.js'
import { temporaryFolder } from '../support/temporary-folder.js'

assertNoLeaks()

/** A place of its own for a test: a server, a state folder, and how to run there. */
async function place(t: TestContext) {
  const server = await startDynamodb(t)
  const folder = temporaryFolder()
  process.env['AWS_ACCESS_KEY_ID'] = 'test'
  process.env['AWS_SECRET_ACCESS_KEY'] = 'test'
  return {
    endpoint: server.endpoint,
    folder,
    options: { stateDir: join(folder, 'state') } satisfies RunOptions,
    target: { table: 'app', partitionKey: 'pk' as const, create: {}, region: 'local' },
  }
}

type Place = Awaited<ReturnType<typeof place>>

interface RejectLine {
  readonly row: { readonly location: { readonly line: number } }
  readonly reason: string
  readonly column?: string
  readonly original: { readonly at: string }
}

/** 1,000 rows of which 3 are bad: too large an item, an empty key, a date that is none. */
function badRows(folder: string): string {
  const lines = ['id,note,at']
  for (let index = 0; index < 1_000; index += 1) {
    const note = index === 300 ? 'x'.repeat(500_000) : `note ${index}`
    const id = index === 500 ? '' : `id-${index}`
    lines.push(`${id},${note},${index === 900 ? '2026-02-30' : '2026-02-20'}T00:00:00Z`)
  }
  const path = join(folder, 'bad.csv')
  writeFileSync(path, `${lines.join('\n')}\n`)
  return path
}

function badPipeline({ folder, endpoint, target }: Place, limits?: Limits): Pipeline {
  return definePipeline({
    name: 'bad',
    flow: fromCsv<{ id: string; note: string; at: string }>({ path: badRows(folder) })
      .pipe(normalize({ at: instant() }))
      .pipe(map((row) => ({ pk: row.id, note: row.note, at: row.at })))
      .to(toDynamodb({ ...target, endpoint })),
    verify: checksum(),
    ...(limits === undefined ? {} : { limits }),
  })
}

async function count(endpoint: string): Promise<unknown> {
  return (await mustCallDynamodb(endpoint, 'Scan', { TableName: 'app', Select: 'COUNT' }))['Count']
}

async function refusal(work: Promise<unknown>): Promise<HeadraceError> {
  try {
    await work
  } catch (error) {
    assert.ok(HeadraceError.is(error), String(error))
    return error
  }
  return assert.fail('It was not refused')
}

describe('run', () => {
  test('rejects bad rows with their place and reason, and stores the others', async (t) => {
    const here = await place(t)
    const summary = await run(badPipeline(here, { rejects: 5 }), here.options)
    assert.equal(summary.status, 'succeeded')
    assert.deepEqual(summary.rows, {
      read: 1000,
      stored: 997,
      superseded: 0,
      skipped: 0,
      rejected: 3,
    })
    assert.equal(summary.verification.status, 'match')
    assert.equal(summary.verification.targetItems, 997)
    const rejects = readFileSync(summary.rejectFile ?? '', 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as RejectLine)
    assert.deepEqual(
      rejects.map(({ row }) => row.location.line),
      [302, 502, 902],
    )
    assert.match(rejects[0]?.reason ?? '', /400 KB|409,?600/)
    assert.match(rejects[1]?.reason ?? '', /empty/)
    assert.equal(rejects[2]?.column, 'at')
    assert.equal(rejects[2]?.original.at, '2026-02-30T00:00:00Z')
    assert.equal(await count(here.endpoint), 997)
  })

  test('stops at the reject that is one too many, and settles what it has read', async (t) => {
    for (const [limits, rejected] of [
      [{ rejects: 2 }, 3],
      [undefined, 1],
    ] as const) {
      const here = await place(t)
      const summary = await run(badPipeline(here, limits), here.options)
      assert.equal(summary.status, 'failed')
      assert.equal(summary.error?.code, 'TOO_MANY_REJECTS')
      assert.ok(summary.rows.rejected >= rejected)
      const { read, stored, rejected: bad } = summary.rows
      assert.equal(read, stored + bad)
      assert.equal(await count(here.endpoint), stored)
    }
  })

  test('counts skips by reason, and duplicate keys with samples', async (t) => {
    const here = await place(t)
    const rows = Array.from({ length: 500 }, (_, index) => ({ index }))
    const pipeline = definePipeline({
      name: 'counted',
      flow: fromArray(rows)
        .pipe(
          map(({ index }) => (index % 5 === 0 ? skip('fifth') : { pk: `k${index % 90}`, index })),
        )
        .to(toDynamodb({ ...here.target, endpoint: here.endpoint })),
      verify: checksum(),
    })
    const summary = await run(pipeline, here.options)
    assert.deepEqual(summary.skippedByReason, { fifth: 100 })
    assert.deepEqual(summary.rows, {
      read: 500,
      stored: 72,
      superseded: 328,
      skipped: 100,
      rejected: 0,
    })
    assert.equal(summary.items.duplicateKeys, 328)
    assert.ok(summary.duplicateKeySamples.length > 0)
    assert.equal(summary.verification.status, 'match')
    const { Item } = await mustCallDynamodb(here.endpoint, 'GetItem', {
      TableName: 'app',
      Key: { pk: { S: 'k1' } },
    })
    assert.deepEqual((Item as { index: unknown }).index, { N: '451' })
  })

  test('reads no more than the limit, which verification keeps to', async (t) => {
    const here = await place(t)
    const pipeline = badPipeline(here, { rejects: 5 })
    const summary = await run(pipeline, { ...here.options, limit: 250 })
    assert.equal(summary.rows.read, 250)
    assert.equal(summary.verification.status, 'match')
    assert.equal((await verify(pipeline, here.options)).status, 'match')
    assert.equal((await verify(pipeline, { ...here.options, limit: 251 })).missing, 1)
  })

  test('verification names keys that differ, are missing or extra', async (t) => {
    const here = await place(t)
    const pipeline = badPipeline(here, { rejects: 5 })
    await run(pipeline, here.options)
    const TableName = 'app'
    await mustCallDynamodb(here.endpoint, 'PutItem', {
      TableName,
      Item: { pk: { S: 'id-7' }, note: { S: 'changed' }, at: { S: '2026-02-20T00:00:00.000Z' } },
    })
    await mustCallDynamodb(here.endpoint, 'DeleteItem', { TableName, Key: { pk: { S: 'id-8' } } })
    await mustCallDynamodb(here.endpoint, 'PutItem', { TableName, Item: { pk: { S: 'stray' } } })
    const result = await verify(pipeline, here.options)
    assert.equal(result.status, 'differ')
    assert.deepEqual(
      [result.different, result.missing, result.extra, result.changedSince],
      [1, 1, 1, 0],
    )
    const byKind = new Map(result.examples.map((example) => [example.kind, example]))
    assert.match(byKind.get('different')?.key ?? '', /id-7/)
    assert.deepEqual(byKind.get('different')?.attributes, ['note'])
    assert.match(byKind.get('missing')?.key ?? '', /id-8/)
    assert.match(byKind.get('extra')?.key ?? '', /stray/)
  })

  test('plan shows what would happen and writes nothing, not even the table', async (t) => {
    const here = await place(t)
    const report = await plan(badPipeline(here), here.options)
    assert.equal(report.sampledRows, 1000)
    assert.equal(report.sampledItems, 997)
    assert.equal(report.rejectedByReason.length, 3)
    assert.equal(report.estimate?.rows, 1000)
    const { body } = await callDynamodb(here.endpoint, 'ListTables', {})
    assert.deepEqual(body['TableNames'], [])
  })
})

describe('run refuses, with nothing written', () => {
  const rows = Array.from({ length: 50 }, (_, index) => ({ id: `r${index}` }))

  test('a mapper that gives another item each time', async (t) => {
    const here = await place(t)
    for (const pk of [() => randomUUID(), () => String(performance.now())]) {
      const pipeline = definePipeline({
        name: 'impure',
        flow: fromArray(rows)
          .pipe(map(({ id }) => ({ pk: id, made: pk() })))
          .to(toDynamodb({ ...here.target, endpoint: here.endpoint })),
      })
      const error = await refusal(run(pipeline, here.options))
      assert.equal(error.code, 'IMPURE_STAGE')
      assert.match(error.message, /made/)
      assert.equal((await refusal(plan(pipeline, here.options))).code, 'IMPURE_STAGE')
    }
    assert.deepEqual((await callDynamodb(here.endpoint, 'ListTables', {})).body['TableNames'], [])
  })

  test('a table with other keys, a missing table, a missing file, an unknown column', async (t) => {
    const here = await place(t)
    await createTable(here.endpoint, 'other', ['pk', 'sk'])
    const to = (table: string) => ({ table, partitionKey: 'pk' as const, region: 'local' })
    const piped = fromArray(rows).pipe(map(({ id }) => ({ pk: id })))
    const code = async (flow: Pipeline['flow']) =>
      (await refusal(run(definePipeline({ name: 'refused', flow }), here.options))).code
    const { endpoint } = here
    assert.equal(await code(piped.to(toDynamodb({ ...to('other'), endpoint }))), 'TARGET_MISMATCH')
    assert.equal(await code(piped.to(toDynamodb({ ...to('none'), endpoint }))), 'TARGET_NOT_FOUND')
    const missing = fromCsv<{ pk: string }>({ path: join(here.folder, 'no.csv') })
    const sink = toDynamodb<{ pk: string }>({ ...here.target, endpoint })
    assert.equal(await code(missing.to(sink)), 'SOURCE_NOT_FOUND')
    const path = join(here.folder, 'columns.csv')
    writeFileSync(path, 'pk,at\na,2026-01-01\n')
    const unknown = fromCsv<{ pk: string; When: string }>({ path })
      .pipe(normalize({ When: instant() }))
      .to(sink)
    assert.equal(await code(unknown), 'UNKNOWN_COLUMN')
    assert.equal(
      await code(piped.to(toDynamodb({ ...to('app'), endpoint: 'http://127.0.0.1:9' }))),
      'TARGET_UNREACHABLE',
    )
    assert.ok(!existsSync(join(here.options.stateDir, 'runs', 'refused')))
    assert.equal((await mustCallDynamodb(endpoint, 'Scan', { TableName: 'other' }))['Count'], 0)
  })

  test('a second run of the same pipeline while one is going', async (t) => {
    const here = await place(t)
    const gate = withResolvers()
    const started = withResolvers()
    const pipeline = definePipeline({
      name: 'once',
      flow: fromArray(rows, {
        batchRows: 10,
        beforeBatch: (at) => {
          if (at < 10) return undefined
          started.resolve()
          return gate.promise
        },
      })
        .pipe(map(({ id }) => ({ pk: id })))
        .to(toDynamodb({ ...here.target, endpoint: here.endpoint })),
    })
    const first = run(pipeline, here.options)
    await started.promise
    const error = await refusal(run(pipeline, here.options))
    assert.equal(error.code, 'RUN_LOCKED')
    gate.resolve()
    assert.equal((await first).status, 'succeeded')
    assert.equal((await run(pipeline, here.options)).status, 'succeeded')
  })
})

function withResolvers(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = () => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

describe('functions from code', () => {
  test('refuse what is no pipeline, and options they do not have', async () => {
    const pipeline = definePipeline({
      name: 'checked',
      flow: fromArray([{ pk: 'a' }]).to(toDynamodb({ table: 'app', partitionKey: 'pk' })),
    })
    for (const call of [run, plan, verify]) {
      const notOne = await refusal(call({} as Pipeline))
      assert.equal(notOne.code, 'USAGE')
      const mistyped = await refusal(call(pipeline, { locl: true } as RunOptions))
      assert.equal(mistyped.code, 'USAGE')
      assert.match(mistyped.hint ?? '', /`local`/)
    }
  })
})
