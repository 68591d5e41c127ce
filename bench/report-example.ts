/**
 * Makes the example reports of the README: a run into a table whose capacity is halved half-way,
 * photographed in light and dark. Needs Chromium.
 *   node --import tsx bench/report-example.ts
 */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { checksum, definePipeline, map, reject, run, skip, toDynamodb } from '../src/index.js'
import { fromArray } from '../test/support/array-source.js'
import { browse } from '../test/support/chromium.js'
import { startFaultyDynamodb } from '../test/support/faulty-dynamodb/start-faulty-dynamodb.js'
import { temporaryFolder } from '../test/support/temporary-folder.js'

const ROWS = 80_000
const SIZE = '--window-size=960,1660'

process.env['AWS_ACCESS_KEY_ID'] = 'example'
process.env['AWS_SECRET_ACCESS_KEY'] = 'example'
const server = await startFaultyDynamodb({
  capacity: { tableUnits: 4_000, partitionUnits: 1_000, partitions: 16, burstSeconds: 1 },
})
const halve = setTimeout(() => {
  server.capacity?.setLimits({ tableUnits: 2_000, partitionUnits: 1_000 }, performance.now())
}, 10_000)
const rows = Array.from({ length: ROWS }, (_, number) => ({ number }))
const pipeline = definePipeline({
  name: 'customers',
  flow: fromArray(rows, { batchRows: 500 })
    .pipe(
      map(({ number }) => {
        if (number % 900 === 7) return skip('closed account')
        if (number % 1_500 === 11) return reject('not an e-mail address')
        if (number % 4_000 === 13) return reject('unknown country')
        return { pk: `CUSTOMER#${number % 79_990}`, note: 'x'.repeat(20 + ((number * 37) % 900)) }
      }),
    )
    .to(
      toDynamodb({
        table: 'customers',
        partitionKey: 'pk',
        create: { billing: { readUnits: 100, writeUnits: 4_000 } },
        endpoint: server.endpoint,
        region: 'eu-west-1',
      }),
    ),
  verify: checksum(),
  limits: { rejects: '1%' },
})
const stateDir = temporaryFolder()
const summary = await run(pipeline, { stateDir })
clearTimeout(halve)
await server.close()
const page = pathToFileURL(join(stateDir, 'runs', summary.runId, 'report.html')).href
for (const [name, flags] of [
  ['light', []],
  ['dark', ['--blink-settings=preferredColorScheme=0', '--force-dark-mode']],
] as const) {
  const file = join(import.meta.dirname, 'plots', `report-${name}.png`)
  await browse([...flags, SIZE, `--screenshot=${file}`], page)
  console.log(file)
}
