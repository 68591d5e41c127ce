import { given, tableOptions, type CommandContext, type CommonFlags } from '../command.js'
import { sameCommand } from '../command-line.js'
import { EXIT, type ExitCode } from '../exit-codes.js'
import { renderBackup } from '../render/backup.js'

export interface BackupFlags extends CommonFlags {
  readonly segments?: number
  readonly maxReadUnits?: number
  readonly force?: boolean
}

/** Writes a table to a file. */
export async function backupCommand(
  context: CommandContext,
  table: string,
  file: string,
  flags: BackupFlags,
): Promise<ExitCode> {
  const { output } = context
  const { backup } = await import('../../run/backup.js')
  const { segments, maxReadUnits, force } = flags
  const options = { ...tableOptions(context, flags), ...given({ segments, maxReadUnits, force }) }
  const result = await backup(table, file, options)
  output.endProgress()
  output.event(result)
  output.data(renderBackup(result, output.styles))
  const restore = sameCommand('restore', [file, `${table}-copy`], flags)
  output.advise([`Restore with: ${output.messageStyles.bold(restore)}`])
  return EXIT.done
}
