/**
 * Loads the 3,000,000 flights of `vega-datasets` (Parquet, no key, 191 exact duplicates) into a
 * server that adds them up, and holds counts and sums against what is known of the file.
 *   node --import tsx bench/flights.ts
 */
import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { definePipeline, fromParquet, map, run, toDynamodb, uuidFrom } from '../src/index.js'
import { temporaryFolder } from '../test/support/temporary-folder.js'

interface Flight {
  readonly date: string
  readonly delay: number
  readonly distance: number
  readonly origin: string
  readonly destination: string
}

process.env['AWS_ACCESS_KEY_ID'] = 'bench'
process.env['AWS_SECRET_ACCESS_KEY'] = 'bench'
const server = fork(new URL('support/summing-server.ts', import.meta.url), {
  execArgv: ['--import', 'tsx'],
})
const [{ port }] = (await once(server, 'message')) as [{ port: number }]
const pipeline = definePipeline({
  name: 'flights',
  flow: fromParquet<Flight>({ path: 'node_modules/vega-datasets/data/flights-3m.parquet' })
    .pipe(
      map((flight) => ({
        pk: uuidFrom('flight', ...Object.values(flight).map(String)),
        ...flight,
      })),
    )
    .to(
      toDynamodb({
        table: 'flights',
        partitionKey: 'pk',
        endpoint: `http://127.0.0.1:${port}`,
        region: 'local',
      }),
    ),
})
const summary = await run(pipeline, { stateDir: temporaryFolder() })
server.send('sums')
const [sums] = (await once(server, 'message')) as [Record<'items' | 'delay' | 'distance', number>]
server.disconnect()
console.log(JSON.stringify({ ...summary.rows, ...sums }))
console.log(`${summary.itemsPerSecond} items/s, ${Math.round(summary.peakRssBytes / 2 ** 20)} MiB`)
assert.deepEqual(summary.rows, {
  read: 3_000_000,
  stored: 2_999_809,
  superseded: 191,
  skipped: 0,
  rejected: 0,
})
// A duplicate that comes while its like is still on its way need not be sent.
assert.deepEqual(sums, { items: 3_000_000, delay: 20_003_603, distance: 2_194_861_208 })
