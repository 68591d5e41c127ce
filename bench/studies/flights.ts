import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { definePipeline, fromParquet, map, run, toDynamodb, uuidFrom } from '../../src/index.js'
import type { Study } from '../cases/bench-case.js'
import { forkFile } from '../node-arguments.js'
import { ACCESS } from '../peers/peer.js'
import { thousands } from '../report/format-report.js'

interface Flight {
  readonly date: string
  readonly delay: number
  readonly distance: number
  readonly origin: string
  readonly destination: string
}

type Sums = Record<'items' | 'delay' | 'distance', number>

const QUICK_ROWS = 3_000

/**
 * Loads the 3,000,000 flights of `vega-datasets` (Parquet, no key, 191 exact duplicates) into a
 * server that adds them up, and holds counts and sums against what is known of the file.
 */
export const flights: Study = async ({ quick, tell }) => {
  tell('a run')
  const server = forkFile(new URL('summing-server.js', import.meta.url))
  const stateDir = mkdtempSync(join(tmpdir(), 'headrace-flights-'))
  try {
    const [{ port }] = (await once(server, 'message')) as [{ port: number }]
    const pipeline = pipelineInto(`http://127.0.0.1:${port}`)
    const summary = await run(pipeline, { stateDir, ...(quick ? { limit: QUICK_ROWS } : {}) })
    server.send('sums')
    const [sums] = (await once(server, 'message')) as [Sums]
    if (quick) assert.equal(summary.rows.read, QUICK_ROWS)
    else requireKnown(summary.rows, sums)
    return {
      head: ['rows', 'superseded', 'items sent', 'delays', 'distances', 'items/s', 'peak RSS'],
      rows: [
        [
          ...[summary.rows.read, summary.rows.superseded, sums.items, sums.delay].map(thousands),
          ...[sums.distance, summary.itemsPerSecond].map(thousands),
          `${Math.round(summary.peakRssBytes / 1e6)} MB`,
        ],
      ],
    }
  } finally {
    server.disconnect()
    rmSync(stateDir, { recursive: true, force: true })
  }
}

function pipelineInto(endpoint: string) {
  return definePipeline({
    name: 'flights',
    flow: fromParquet<Flight>({ path: 'node_modules/vega-datasets/data/flights-3m.parquet' })
      .pipe(
        map((flight) => ({
          pk: uuidFrom('flight', ...Object.values(flight).map(String)),
          ...flight,
        })),
      )
      .to(toDynamodb({ table: 'flights', partitionKey: 'pk', endpoint, region: ACCESS.region })),
  })
}

function requireKnown(rows: object, sums: Sums): void {
  assert.deepEqual(rows, {
    read: 3_000_000,
    stored: 2_999_809,
    superseded: 191,
    skipped: 0,
    rejected: 0,
  })
  // A duplicate that comes while its like is still on its way need not be sent.
  assert.deepEqual(sums, { items: 3_000_000, delay: 20_003_603, distance: 2_194_861_208 })
}
