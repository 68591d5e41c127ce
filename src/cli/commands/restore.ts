import { HeadraceError, type ErrorCode } from '../../core/errors.js'
import { given, tableOptions, type CommandContext, type CommonFlags } from '../command.js'
import { exitCodeOfRun, type ExitCode } from '../exit-codes.js'
import { renderSummary } from '../render/summary.js'

export interface RestoreFlags extends CommonFlags {
  readonly resume?: boolean
  readonly force?: boolean
  readonly maxWriteUnits?: number
  readonly concurrency?: number
}

/** Writes a backup into a table. */
export async function restoreCommand(
  context: CommandContext,
  file: string,
  table: string,
  flags: RestoreFlags,
): Promise<ExitCode> {
  const { output } = context
  const { restore } = await import('../../run/restore.js')
  const { resume, force, maxWriteUnits, concurrency } = flags
  const asked = given({ resume, force, maxWriteUnits, concurrency })
  const result = await restore(file, table, { ...tableOptions(context, flags), ...asked })
  const summary = result.run
  output.endProgress()
  output.event(result)
  output.data(renderSummary(summary, output.width, output.styles))
  if (summary.error !== undefined && summary.status === 'failed') {
    const { code, message, hint } = summary.error
    const more = hint === undefined ? {} : { hint }
    output.complain(new HeadraceError(code as ErrorCode, message, more), summary.pipeline)
  }
  if (result.resume !== '') {
    output.advise([`Go on with: ${output.messageStyles.bold(result.resume)}`])
  }
  return exitCodeOfRun(summary)
}
