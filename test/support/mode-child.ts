/** Carries out one run of a mode, to its end or until it is killed. */
import { run } from '../../src/run/run.js'
import { clientOf, modePipeline, modeRows, type ModeName } from './mode-scenarios.js'

/** What a child is told. */
export interface ModeChild {
  readonly mode: ModeName
  readonly endpoint: string
  readonly table: string
  readonly stateDir: string
}

const { mode, endpoint, table, stateDir } = JSON.parse(process.argv[2] ?? '{}') as ModeChild
const client = clientOf(endpoint)
const pipeline = modePipeline(mode, modeRows(mode, false), { table, client })
const summary = await run(pipeline, { stateDir, resume: true })
client.destroy()
process.stdout.write(JSON.stringify(summary))
