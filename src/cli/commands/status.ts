import { HeadraceError } from '../../core/errors.js'
import { listRuns, type RunListing } from '../../run/journal.js'
import type { CommandContext, CommonFlags } from '../command.js'
import { EXIT, type ExitCode } from '../exit-codes.js'
import { renderRun, renderRuns } from '../render/runs.js'

/** Lists the runs of a state folder, or shows one of them. */
export async function statusCommand(
  { output }: CommandContext,
  runId: string | undefined,
  flags: CommonFlags,
): Promise<ExitCode> {
  const runs = await listRuns(flags.stateDir)
  if (runId === undefined) {
    for (const { record: _, ...run } of runs) output.event({ event: 'run', version: 1, ...run })
    output.data(renderRuns(runs, output.styles))
    if (runs.length === 0) output.note(`There are no runs in ${flags.stateDir}.`)
    return EXIT.done
  }
  const run = findRun(runs, runId, flags.stateDir)
  output.event({ event: 'run', version: 1, ...run })
  output.data(renderRun(run, output.width, output.styles))
  return EXIT.done
}

/** By its id, or the latest of a pipeline by that one's name. */
function findRun(runs: readonly RunListing[], name: string, stateDir: string): RunListing {
  const found =
    runs.find(({ runId }) => runId === name) ?? runs.find(({ pipeline }) => pipeline === name)
  if (found !== undefined) return found
  throw new HeadraceError('RUN_NOT_FOUND', `There is no run or pipeline ${name} in ${stateDir}`, {
    hint: 'List the runs with: headrace status',
  })
}
