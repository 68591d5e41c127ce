/** Carries out one run with an undo log, or one rollback, to its end or until it is killed. */
import { definePipeline, fromJson, map, rollback, run, toDynamodb } from '../../src/index.js'
import type { UndoRow } from './undo-place.js'

export interface UndoChild {
  readonly path: string
  readonly endpoint: string
  readonly stateDir: string
  readonly table: string
  readonly graceMs: number
  /** Rolls back this run; without it, runs. */
  readonly runId?: string
}

process.env['AWS_ACCESS_KEY_ID'] = 'test'
process.env['AWS_SECRET_ACCESS_KEY'] = 'test'

const child = JSON.parse(process.argv[2] ?? '{}') as UndoChild
const { path, endpoint, stateDir, table, graceMs, runId } = child
const pipeline = definePipeline({
  name: 'undo',
  flow: fromJson<UndoRow>({ path })
    .pipe(map((row) => row))
    .to(
      toDynamodb<UndoRow>({
        table,
        partitionKey: 'pk',
        region: 'local',
        endpoint,
        concurrency: 3,
        ambiguousGraceMs: graceMs,
      }),
    ),
})
const ended =
  runId === undefined
    ? await run(pipeline, { stateDir, resume: true, undoLog: true })
    : await rollback(runId, { stateDir })
process.stdout.write(JSON.stringify(ended))
