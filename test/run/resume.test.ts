import assert from 'node:assert/strict'
import { appendFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { gzipSync } from 'node:zlib'
import { HeadraceError } from '../../src/core/errors.js'
import {
  checksum,
  definePipeline,
  fromCsv,
  fromJson,
  listRuns,
  map,
  reject,
  run,
  toDynamodb,
  type Limits,
  type Pipeline,
  type RunSummary,
  type Source,
} from '../../src/index.js'
import { fromArray } from '../support/array-source.js'
import { createTable, mustCallDynamodb } from '../support/call-dynamodb.js'
import { startFaultyDynamodb } from '../support/faulty-dynamodb/start-faulty-dynamodb.js'
import { assertNoLeaks } from '../support/no-leaks.js'
import { temporaryFolder } from '../support/temporary-folder.js'

assertNoLeaks()
process.env['AWS_ACCESS_KEY_ID'] = 'test'
process.env['AWS_SECRET_ACCESS_KEY'] = 'test'

const ROWS = 6_000
const KEYS = 5_000

interface Row {
  readonly id: string
  readonly version: string
}

async function place(t: TestContext) {
  const dynamodb = await startFaultyDynamodb()
  t.after(() => dynamodb.close())
  const { endpoint } = dynamodb
  const folder = temporaryFolder()
  const target = { table: 'app', partitionKey: 'pk' as const, create: {}, region: 'local' }
  return { dynamodb, folder, stateDir: join(folder, 'state'), sink: { ...target, endpoint } }
}

type Place = Awaited<ReturnType<typeof place>>

/** Keys repeat, and every hundredth row is bad. */
const rows = Array.from({ length: ROWS }, (_, n) => ({ id: `k${n % KEYS}`, version: String(n) }))

function files(
  folder: string,
): Record<'csv' | 'csv.gz' | 'jsonl' | 'array', () => Pipeline['flow']> {
  const csv = `id,version\n${rows.map(({ id, version }) => `${id},${version}`).join('\n')}\n`
  const lines = rows.map((row) => JSON.stringify(row)).join('\n')
  const write = (name: string, content: string | Buffer) => {
    const path = join(folder, name)
    writeFileSync(path, content)
    return path
  }
  return {
    csv: () => flow(fromCsv<Row>({ path: write('rows.csv', csv) })),
    'csv.gz': () => flow(fromCsv<Row>({ path: write('rows.csv.gz', gzipSync(csv)) })),
    jsonl: () => flow(fromJson<Row>({ path: write('rows.jsonl', lines) })),
    array: () => flow(fromJson<Row>({ path: write('rows.json', JSON.stringify(rows)) })),
  }
}

let sinkOf: Place['sink']

function flow(source: Source<Row>): Pipeline['flow'] {
  return source
    .pipe(
      map((row) =>
        Number(row.version) % 100 === 7 ? reject('bad') : { pk: row.id, version: row.version },
      ),
    )
    .to(toDynamodb({ ...sinkOf, concurrency: 4 }))
}

function pipelineOf(made: Pipeline['flow'], limits: Limits = { rejects: '10%' }): Pipeline {
  return definePipeline({ name: 'resumed', flow: made, verify: checksum(), limits })
}

/** Runs until so many more items are stored, then stops as a first Ctrl-C does. */
async function runUntil(pipeline: Pipeline, here: Place, items: number, resume = false) {
  const { stateDir, dynamodb } = here
  return run(pipeline, { stateDir, resume, signal: dynamodb.afterWrites(items) })
}

async function versionsStored({ sink }: Place): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  let ExclusiveStartKey: unknown
  do {
    const page = (await mustCallDynamodb(sink.endpoint, 'Scan', {
      TableName: 'app',
      ...(ExclusiveStartKey === undefined ? {} : { ExclusiveStartKey }),
    })) as { Items: { pk: { S: string }; version: { S: string } }[]; LastEvaluatedKey?: unknown }
    for (const { pk, version } of page.Items) found.set(pk.S, version.S)
    ExclusiveStartKey = page.LastEvaluatedKey
  } while (ExclusiveStartKey !== undefined)
  return found
}

function expected(): Map<string, string> {
  const good = rows.filter(({ version }) => Number(version) % 100 !== 7)
  return new Map(good.map(({ id, version }) => [id, version]))
}

function assertWhole(summary: RunSummary): void {
  assert.equal(summary.status, 'succeeded')
  assert.equal(summary.rows.read, ROWS)
  assert.equal(summary.rows.rejected, ROWS / 100)
  assert.equal(summary.items.stored, expected().size)
  assert.equal(summary.verification.status, 'match')
  const lines = readFileSync(summary.rejectFile ?? '', 'utf8')
    .trim()
    .split('\n')
  const ids = lines.map((line) => (JSON.parse(line) as { original: Row }).original.version)
  assert.deepEqual(
    ids.map(Number),
    rows.map(({ version }) => Number(version)).filter((version) => version % 100 === 7),
  )
}

async function refusal(work: Promise<unknown>): Promise<HeadraceError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  assert.ok(HeadraceError.is(error), `refused: ${String(error)}`)
  return error
}

describe('an interrupted run', () => {
  for (const kind of ['csv', 'csv.gz', 'jsonl', 'array'] as const) {
    test(`over ${kind} is saved, listed and resumed to the same end`, async (t) => {
      const here = await place(t)
      sinkOf = here.sink
      const pipeline = pipelineOf(files(here.folder)[kind]())
      const first = await runUntil(pipeline, here, 800)
      assert.equal(first.status, 'interrupted')
      assert.ok(first.rows.read > 0 && first.rows.read < ROWS, `${first.rows.read} rows`)
      const { read, stored, superseded, skipped, rejected } = first.rows
      assert.equal(read, stored + superseded + skipped + rejected)
      const [listed] = await listRuns(here.stateDir)
      assert.equal(listed?.status, 'interrupted')
      assert.deepEqual(listed?.rows, first.rows)
      const second = await runUntil(pipeline, here, 1_000, true)
      assert.equal(second.status, 'interrupted')
      assert.equal(second.runId, first.runId)
      assert.ok(second.rows.read >= first.rows.read)
      const last = await run(pipeline, { stateDir: here.stateDir, resume: true })
      assertWhole(last)
      assert.equal(last.runId, first.runId)
      assert.deepEqual(await versionsStored(here), expected())
    })
  }

  test('starts afresh when there is nothing to resume', async (t) => {
    const here = await place(t)
    sinkOf = here.sink
    const warnings: string[] = []
    const options = {
      stateDir: here.stateDir,
      resume: true,
      onWarning: (message: string) => warnings.push(message),
    }
    const pipeline = pipelineOf(files(here.folder).csv())
    const first = await run(pipeline, options)
    assertWhole(first)
    assert.match(warnings[0] ?? '', /no unfinished run/)
    const again = await run(pipeline, options)
    assert.notEqual(again.runId, first.runId)
    assertWhole(again)
  })

  test('is refused when pipeline or source changed, with the difference named', async (t) => {
    const here = await place(t)
    sinkOf = here.sink
    const pipeline = pipelineOf(files(here.folder).csv())
    await runUntil(pipeline, here, 500)
    const changed = definePipeline({
      ...pipeline,
      flow: flow(fromCsv<Row>({ path: join(here.folder, 'rows.csv'), nulls: ['-'] })),
    })
    const options = { stateDir: here.stateDir, resume: true }
    const byPipeline = await refusal(run(changed, options))
    assert.equal(byPipeline.code, 'RESUME_REFUSED')
    assert.match(byPipeline.message, /nulls/)
    const before = statSync(join(here.folder, 'rows.csv')).size
    appendFileSync(join(here.folder, 'rows.csv'), 'k1,9999\n')
    const bySource = await refusal(run(pipeline, options))
    assert.equal(bySource.code, 'RESUME_REFUSED')
    assert.match(bySource.message, new RegExp(String(before)))
    const forced = await run(pipeline, { ...options, force: true })
    assert.equal(forced.status, 'succeeded')
    assert.equal(forced.rows.read, ROWS + 1)
  })

  test('is refused when its table was deleted, or made anew', async (t) => {
    const here = await place(t)
    sinkOf = here.sink
    const pipeline = pipelineOf(files(here.folder).csv())
    await runUntil(pipeline, here, 500)
    const options = { stateDir: here.stateDir, resume: true }
    await mustCallDynamodb(here.sink.endpoint, 'DeleteTable', { TableName: 'app' })
    for (const made of [false, true]) {
      if (made) await createTable(here.sink.endpoint, 'app')
      const refused = await refusal(run(pipeline, options))
      assert.equal(refused.code, 'RESUME_REFUSED')
      assert.match(refused.message, /the table was deleted or made anew/)
    }
    assert.equal((await versionsStored(here)).size, 0)
    assertWhole(await run(pipeline, { stateDir: here.stateDir }))
  })

  test('keeps its start time, which stages see', async (t) => {
    const here = await place(t)
    const made = new Set<string>()
    const pipeline = definePipeline({
      name: 'timed',
      flow: fromArray(rows, { batchRows: 100 })
        .pipe(
          map((row, context) => {
            made.add(context.startedAt)
            return { pk: row.version, at: context.startedAt }
          }),
        )
        .to(toDynamodb({ ...here.sink, concurrency: 2 })),
      verify: checksum(),
    })
    await runUntil(pipeline, here, 500)
    const summary = await run(pipeline, { stateDir: here.stateDir, resume: true })
    assert.equal(summary.verification.status, 'match')
    assert.equal(made.size, 1)
  })

  test('over a source that cannot be read again says so, and offers no resume', async (t) => {
    const here = await place(t)
    const warnings: string[] = []
    const stop = new AbortController()
    const pipeline = definePipeline({
      name: 'once',
      flow: fromArray(rows, {
        notResumable: 'it is a stream',
        beforeBatch: (at) => (at === 1_000 ? stop.abort() : undefined),
      })
        .pipe(map((row) => ({ pk: row.version })))
        .to(toDynamodb(here.sink)),
    })
    const summary = await run(pipeline, {
      stateDir: here.stateDir,
      signal: stop.signal,
      onWarning: (message) => warnings.push(message),
    })
    assert.equal(summary.status, 'interrupted')
    assert.equal(summary.resume, '')
    assert.match(warnings.join('\n'), /cannot be resumed: it is a stream/)
    assert.ok(!existsSync(join(here.stateDir, 'runs', summary.runId, 'checkpoint.json')))
  })

  test('with parallel partitions resumes each where it was', async (t) => {
    const here = await place(t)
    const unique = rows.map(({ version }) => ({ version }))
    const pipeline = definePipeline({
      name: 'parallel',
      flow: fromArray(unique, { partitions: 5, batchRows: 50 })
        .pipe(map((row) => ({ pk: row.version })))
        .to(toDynamodb({ ...here.sink, uniqueKeys: true, concurrency: 4 })),
      verify: checksum(),
    })
    const first = await runUntil(pipeline, here, 1_500)
    assert.equal(first.status, 'interrupted')
    const last = await run(pipeline, { stateDir: here.stateDir, resume: true })
    assert.equal(last.rows.read, ROWS)
    assert.equal(last.rows.stored, ROWS)
    assert.equal(last.verification.status, 'match')
  })
})
