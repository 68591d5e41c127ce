import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { describe, test, type TestContext } from 'node:test'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import {
  definePipeline,
  filter,
  map,
  mapAsync,
  reject,
  skip,
  through,
  toDynamodb,
} from '../../src/index.js'
import { measure } from '../../src/run/measure.js'
import type { MeasuredStep } from '../../src/run/measurement.js'
import { fromArray, type ArraySourceOptions } from '../support/array-source.js'
import { assertNoLeaks } from '../support/no-leaks.js'
import { temporaryFolder } from '../support/temporary-folder.js'

assertNoLeaks()

/** An endpoint that nothing may connect to. */
async function untouched(t: TestContext): Promise<string> {
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.close()
    assert.equal(connections, 0, 'something connected to the real table')
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const numbered = (count: number) => Array.from({ length: count }, (_, id) => ({ id }))

/** Of 1,000 rows, 10 each are skipped, rejected by the stage, and rejected by the encoding. */
function mixed(endpoint: string, options: ArraySourceOptions = {}) {
  return definePipeline({
    name: 'mixed',
    flow: fromArray(numbered(1_000), options)
      .pipe(
        map(({ id }) => {
          if (id % 100 === 1) return skip('not wanted')
          if (id % 100 === 2) return reject('not good')
          const pk = id % 100 === 3 ? '' : `id-${id % 900}`
          return [
            { pk, sk: 0, text: 'x'.repeat(1_500) },
            { pk, sk: 1, text: 'short' },
          ]
        }),
      )
      .to(
        toDynamodb({
          table: 'mixed',
          partitionKey: 'pk',
          sortKey: { name: 'sk', type: 'N' },
          maxWriteUnits: 1,
          endpoint,
          region: 'nowhere-1',
        }),
      ),
  })
}

const brief = ({ step, name, rows, items, writeUnits }: MeasuredStep) => ({
  step,
  name,
  rows,
  items,
  writeUnits,
})

describe('measure', () => {
  test('accounts for every row and item, and heeds neither caps nor limits', async (t) => {
    const told: MeasuredStep[] = []
    const measurement = await measure(mixed(await untouched(t)), {
      onStep: (step) => told.push(step),
    })
    assert.deepEqual(measurement.steps, told)
    const rows = { read: 1_000, stored: 873, superseded: 97, skipped: 10, rejected: 20 }
    assert.deepEqual(measurement.rows, rows)
    const [items, units] = [970 * 2, 970 * 3]
    assert.deepEqual(measurement.steps.map(brief), [
      { step: 'source', name: 'array array', rows: 1_000, items: 1_000, writeUnits: 0 },
      { step: 'stage', name: 'map', rows: 1_000, items: 1_960, writeUnits: 0 },
      { step: 'encoding', name: 'encoding', rows: 1_000, items, writeUnits: units },
      { step: 'sink', name: 'dynamodb mixed', rows: 1_000, items, writeUnits: units },
    ])
  })

  test('reads no more rows than it is told to', async (t) => {
    const pipeline = mixed(await untouched(t), { batchRows: 7, partitions: 3 })
    const { steps, rows } = await measure(pipeline, { rows: 500 })
    assert.equal(rows.read, 500)
    assert.deepEqual([...new Set(steps.map((step) => step.rows))], [500])
  })

  test('measures a pipeline with a client of its own, indexes and stages of all kinds', async (t) => {
    const client = new DynamoDBClient({ endpoint: await untouched(t), region: 'nowhere-1' })
    const passing = () =>
      new Transform({ objectMode: true, transform: (row, _, done) => done(null, row) })
    const pipeline = definePipeline({
      name: 'kinds',
      flow: fromArray(numbered(300))
        .pipe(filter(({ id }) => id % 3 !== 0))
        .pipe(mapAsync(async ({ id }) => ({ pk: `${id}`, at: id }), { concurrency: 4 }))
        .pipe(
          through<{ pk: string; at: number }, { pk: string; at: number }>(passing, {
            rows: 'barrier',
          }),
        )
        .to(
          toDynamodb({
            table: 'kinds',
            partitionKey: 'pk',
            client,
            create: {
              billing: { readUnits: 1, writeUnits: 1 },
              indexes: [{ name: 'by-at', partitionKey: { name: 'at', type: 'N' } }],
              ttl: 'at',
            },
          }),
        ),
    })
    const { steps, items, notes } = await measure(pipeline)
    assert.equal(items.stored, 200)
    assert.ok(notes.some((note) => /own client was not used/.test(note)))
    assert.deepEqual(
      steps.map((step) => [step.name, step.items]),
      [
        ['array array', 300],
        ['filter', 200],
        ['mapAsync', 200],
        ['through', 200],
        ['encoding', 200],
        ['dynamodb kinds', 200],
      ],
    )
    client.destroy()
  })

  test('leaves nothing behind', async (t) => {
    const folder = temporaryFolder()
    const before = process.env['TMPDIR']
    process.env['TMPDIR'] = folder
    t.after(() => {
      if (before === undefined) delete process.env['TMPDIR']
      else process.env['TMPDIR'] = before
    })
    const stateDir = join(folder, 'state')
    await measure(mixed(await untouched(t)), { rows: 10, stateDir })
    assert.ok(!existsSync(stateDir))
    const ours = readdirSync(folder).filter((name) => name.startsWith('headrace'))
    assert.deepEqual(ours, [])
  })

  test('refuses what it cannot measure', async (t) => {
    const endpoint = await untouched(t)
    await assert.rejects(measure(mixed(endpoint), { rows: 0.5 }), { code: 'USAGE' })
    await assert.rejects(measure(mixed(endpoint, { notResumable: 'it is a pipe' })), {
      code: 'USAGE',
      message: 'The source can be read only once: it is a pipe',
    })
    const { flow } = mixed(endpoint)
    const none = definePipeline({
      name: 'none',
      flow: { ...flow, source: fromArray([]).source },
    })
    await assert.rejects(measure(none), { code: 'USAGE', message: /no rows/ })
    const elsewhere = definePipeline({
      name: 'elsewhere',
      flow: { ...flow, sink: { ...flow.sink, type: 'elsewhere' } },
    })
    await assert.rejects(measure(elsewhere), { code: 'USAGE', message: /not into elsewhere/ })
  })

  test('tells when the source changes while it is read', async (t) => {
    const rows = numbered(100)
    let readings = 0
    const growing = fromArray(rows, {
      batchRows: 1_000,
      beforeBatch: () => {
        readings += 1
        if (readings === 3) rows.pop()
      },
    })
    const { flow } = mixed(await untouched(t))
    const pipeline = definePipeline({
      name: 'changing',
      flow: { ...flow, source: growing.source },
    })
    await assert.rejects(measure(pipeline), {
      code: 'VERIFICATION',
      message: 'The source gave 100 rows at first, and 99 when it was read again',
    })
  })

  test('ends when it is told to', async (t) => {
    const stop = new AbortController()
    const pipeline = mixed(await untouched(t))
    const onStep = () => stop.abort()
    await assert.rejects(measure(pipeline, { signal: stop.signal, onStep }), {
      code: 'INTERRUPTED',
    })
  })
})
