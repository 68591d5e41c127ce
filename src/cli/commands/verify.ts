import { HeadraceError } from '../../core/errors.js'
import type { VerifyOptions } from '../../run/options.js'
import { ask, canAsk } from '../ask.js'
import { commonOptions, given, type CommandContext, type CommonFlags } from '../command.js'
import { exitCodeOfVerification, gravestExitCode, type ExitCode } from '../exit-codes.js'
import { loadPipelines } from '../load-pipelines.js'
import { formatCountOf } from '../quantities.js'
import { renderVerification } from '../render/verification.js'

export interface VerifyFlags extends CommonFlags {
  readonly limit?: number
  readonly run?: string
  readonly resume?: boolean
  readonly sample?: number
  readonly repair?: boolean
  readonly deleteExtra?: boolean
  readonly confirm?: string
  readonly certificate?: string
}

/** Compares sources with targets, and repairs these if asked to. */
export async function verifyCommand(
  context: CommandContext,
  paths: readonly string[],
  flags: VerifyFlags,
): Promise<ExitCode> {
  const { output, stop } = context
  const deleteExtra = deletion(context, flags)
  const loaded = await loadPipelines(paths, { onNote: (note) => output.note(note) })
  const { verify } = await import('../../run/verify.js')
  const { limit, run: runId, resume, sample, repair, certificate } = flags
  if (certificate !== undefined && loaded.length > 1) {
    throw new HeadraceError('USAGE', 'A certificate is about one pipeline; several were named', {
      hint: 'Verify them one by one, each with a --certificate of its own.',
    })
  }
  const own = given({ limit, runId, resume, sample, repair, deleteExtra, certificate })
  const codes: ExitCode[] = []
  for (const entry of loaded) {
    stop.signal.throwIfAborted()
    try {
      const result = await verify(entry.pipeline, {
        ...commonOptions(context, flags, entry),
        ...own,
      })
      output.endProgress()
      output.event(result)
      output.data(renderVerification(result, output.width, output.styles))
      codes.push(exitCodeOfVerification(result))
    } catch (error) {
      codes.push(output.error(error, entry.pipeline.name))
    }
  }
  return gravestExitCode(codes)
}

/** Who deletes says from which table: beforehand, or when asked. */
function deletion(
  { output, stop }: CommandContext,
  { deleteExtra, confirm }: VerifyFlags,
): VerifyOptions['deleteExtra'] {
  if (deleteExtra !== true) {
    if (confirm === undefined) return undefined
    throw new HeadraceError('USAGE', '--confirm is for --delete-extra', {
      hint: 'Say --delete-extra as well, or leave --confirm out.',
    })
  }
  if (confirm !== undefined) return confirm
  if (!canAsk()) {
    throw new HeadraceError('USAGE', '--delete-extra asks first, and there is nobody to ask', {
      hint: 'Name the table to delete from: --confirm=<table>.',
    })
  }
  return async (table, items) => {
    output.endProgress()
    const what = `${formatCountOf(items, 'item')} of table ${table} that the source does not have`
    const answer = await ask(`Delete ${what}? Type the name of the table: `, stop.signal)
    if (answer === table) return true
    output.note(`Nothing is deleted: that was not ${table}.`)
    return false
  }
}
