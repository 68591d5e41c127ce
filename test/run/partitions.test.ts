import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Sink, SinkWriter, Target, WriterContext } from '../../src/core/sink.js'
import { definePipeline, run, verify } from '../../src/index.js'
import { fromArray, type ArraySourceOptions } from '../support/array-source.js'
import { assertNoLeaks } from '../support/no-leaks.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { rowsOf, verifyPlace, type Row } from './verify-place.js'

assertNoLeaks()

const ROWS = 600
const AT_ONCE = 4

/** Six partitions of a source, and when the first batches of four have been asked for. */
class Partitions {
  #begun = 0
  #allBegun = () => {}
  begun = Promise.resolve()

  reset(): void {
    this.#begun = 0
    this.begun = new Promise((resolve) => {
      this.#allBegun = resolve
    })
  }

  /** @param beforeOthers waited for before each batch but the first of a partition */
  dealt(beforeOthers: () => Promise<void>): ArraySourceOptions {
    const beforeBatch = (firstRow: number): Promise<void> | undefined => {
      if (firstRow > 0) return beforeOthers()
      this.#begun += 1
      if (this.#begun === AT_ONCE) this.#allBegun()
      return undefined
    }
    return { batchRows: 10, partitions: 6, beforeBatch }
  }
}

const REPORT = {
  label: 'stuck',
  exists: true,
  preparations: [],
  warnings: [],
  facts: [],
  writeUnitsPerSecond: undefined,
  usdPerMillionWriteUnits: undefined,
}

/** A sink that takes nothing before something has happened, since all it holds is of hot keys. */
function stuckUntil(happened: () => Promise<void>): Sink<Row> {
  const stats = {
    writeUnits: 0,
    throttled: 0,
    retried: 0,
    inFlight: 0,
    limitUnitsPerSecond: Infinity,
    waitingFor: 'hot keys',
  } as const
  const writer = ({ settled }: WriterContext): SinkWriter<Row> => ({
    write: async ({ rows, slice }) => {
      await happened()
      const items = rows.map(({ id }, row) => ({ row, key: id, status: 'stored' as const }))
      settled({ slice, items, skipped: [], rejected: [], sentDigest: new Uint32Array(8) })
    },
    flush: () => Promise.resolve(),
    stats: () => stats,
    close: () => Promise.resolve(),
  })
  const target: Target<Row> = {
    identity: { store: 'stuck' },
    report: REPORT,
    duplicates: 'last',
    uniqueKeys: true,
    encode: ({ id }) => ({ key: id, text: '{}', bytes: 2, writeUnits: 0 }),
    prepare: () => Promise.resolve(),
    openWriter: (context) => Promise.resolve(writer(context)),
    async *scan() {},
    get: () => Promise.resolve([]),
    close: () => Promise.resolve(),
  }
  return {
    kind: 'sink',
    type: 'stuck',
    options: {},
    connect: () => Promise.resolve(target),
    writable: () => assert.fail('opened by runs only'),
  }
}

describe('four partitions are read at once', () => {
  test('where they are waited for, in a run and when it is verified', async (t) => {
    const place = await verifyPlace(t)
    const partitions = new Partitions()
    const dealt = partitions.dealt(() => partitions.begun)
    const pipeline = place.pipelineOf(rowsOf(ROWS), { ...dealt, uniqueKeys: true })
    partitions.reset()
    const { rows, status } = await run(pipeline, { ...place.options, verify: false })
    assert.deepEqual([status, rows.stored], ['succeeded', ROWS])
    partitions.reset()
    const verified = await verify(pipeline, place.options)
    assert.deepEqual([verified.status, verified.sourceItems], ['match', ROWS])
  })

  test('where the target waits for other keys', async () => {
    const partitions = new Partitions()
    const dealt = partitions.dealt(() => Promise.resolve())
    const pipeline = definePipeline({
      name: 'partitions',
      flow: fromArray(rowsOf(ROWS), dealt).to(stuckUntil(() => partitions.begun)),
    })
    partitions.reset()
    const { rows, status } = await run(pipeline, { stateDir: temporaryFolder() })
    assert.deepEqual([status, rows.stored], ['succeeded', ROWS])
  })
})
