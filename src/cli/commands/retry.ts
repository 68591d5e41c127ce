import { HeadraceError } from '../../core/errors.js'
import { loadRun } from '../../run/journal.js'
import { StateFolder } from '../../run/state-folder.js'
import { commonOptions, given, type CommandContext, type CommonFlags } from '../command.js'
import { sameCommand } from '../command-line.js'
import { EXIT, type ExitCode } from '../exit-codes.js'
import { shortPath } from '../import-module.js'
import { loadPipelines, type LoadedPipeline } from '../load-pipelines.js'
import { renderRetry } from '../render/retry.js'

export interface RetryFlags extends CommonFlags {
  readonly force?: boolean
}

/** Feeds the rejects of a run through its pipeline again. */
export async function retryCommand(
  context: CommandContext,
  runId: string,
  path: string | undefined,
  flags: RetryFlags,
): Promise<ExitCode> {
  const { output } = context
  const record = await loadRun(new StateFolder(flags.stateDir), runId)
  const entry = await pipelineOf(record.pipeline, path ?? record.file, runId)
  const local = flags.local ?? record.local
  const { retry } = await import('../../run/retry.js')
  const options = commonOptions(context, { ...flags, local }, entry)
  const result = await retry(entry.pipeline, runId, {
    ...options,
    ...given({ force: flags.force }),
  })
  output.event(result)
  output.data(renderRetry(result, output.styles))
  const file = shortPath(entry.provenance.file)
  const verify = sameCommand('verify', [file], { ...flags, local })
  output.advise([
    ...(result.rejectFile === undefined ? [] : [`What is left: ${shortPath(result.rejectFile)}`]),
    `Verify with: ${output.messageStyles.bold(verify)}`,
  ])
  return EXIT.done
}

async function pipelineOf(
  name: string,
  file: string | undefined,
  runId: string,
): Promise<LoadedPipeline> {
  if (file === undefined) {
    throw new HeadraceError('USAGE', `Run ${runId} came from no pipeline file`, {
      hint: 'Name the file: headrace retry <run> <file>.',
    })
  }
  const found = (await loadPipelines([file])).find(({ pipeline }) => pipeline.name === name)
  if (found !== undefined) return found
  throw new HeadraceError('USAGE', `${shortPath(file)} exports no pipeline ${name}`, {
    hint: `Run ${runId} is one of pipeline ${name}: name the file that exports it.`,
  })
}
