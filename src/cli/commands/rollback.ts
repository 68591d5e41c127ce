import { HeadraceError } from '../../core/errors.js'
import { loadRun } from '../../run/journal.js'
import { StateFolder } from '../../run/state-folder.js'
import { given, type CommandContext, type CommonFlags } from '../command.js'
import { EXIT, type ExitCode } from '../exit-codes.js'
import { shortPath } from '../import-module.js'
import { renderRollback } from '../render/rollback.js'

export interface RollbackFlags extends CommonFlags {
  readonly force?: boolean
  readonly maxWriteUnits?: number
}

/** Undoes a run. */
export async function rollbackCommand(
  { output, stop }: CommandContext,
  runId: string,
  { stateDir, local, force, maxWriteUnits }: RollbackFlags,
): Promise<ExitCode> {
  const record = await loadRun(new StateFolder(stateDir), runId)
  if (local === true && !record.local) {
    throw new HeadraceError('USAGE', `Run ${runId} did not write to the embedded DynamoDB`, {
      hint: 'Roll it back without --local: it goes to where the run wrote.',
    })
  }
  const { rollback } = await import('../../run/rollback.js')
  const result = await rollback(runId, {
    stateDir,
    signal: stop.signal,
    abort: stop.abort,
    onProgress: output.progress,
    onWarning: (message) => output.warn(message),
    ...given({ force, maxWriteUnits }),
  })
  output.endProgress()
  output.event(result)
  output.data(renderRollback(result, output.styles))
  if (result.leftFile !== undefined) {
    output.advise([`All that are left, and why: ${shortPath(result.leftFile)}`])
  }
  return result.status === 'complete' ? EXIT.done : EXIT.differences
}
