/** Carries out one run of a crash scenario, to its end or until it is killed. */
import {
  checksum,
  definePipeline,
  fromCsv,
  fromJson,
  map,
  reject,
  run,
  toDynamodb,
} from '../../src/index.js'
import type { CrashChild, CrashRow } from './crash-scenario.js'

process.env['AWS_ACCESS_KEY_ID'] = 'test'
process.env['AWS_SECRET_ACCESS_KEY'] = 'test'

const child = JSON.parse(process.argv[2] ?? '{}') as CrashChild
const { path, endpoint, stateDir, rewrites } = child
const source = path.endsWith('.jsonl') ? fromJson<CrashRow>({ path }) : fromCsv<CrashRow>({ path })
const pipeline = definePipeline({
  name: 'crashing',
  flow: source
    .pipe(
      map(({ id, n, bad }) => (bad === '' ? { pk: id, n, filler: 'x'.repeat(40) } : reject(bad))),
    )
    .to(
      toDynamodb({
        table: 'crash',
        partitionKey: 'pk',
        create: {},
        region: 'local',
        endpoint,
        concurrency: 4,
        ambiguousGraceMs: 50,
      }),
    ),
  verify: checksum(),
  limits: { rejects: '5%', rewrites },
})
const summary = await run(pipeline, { stateDir, resume: true })
process.stdout.write(JSON.stringify(summary))
