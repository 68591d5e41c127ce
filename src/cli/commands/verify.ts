import { commonOptions, given, type CommandContext, type CommonFlags } from '../command.js'
import { exitCodeOfVerification, gravestExitCode, type ExitCode } from '../exit-codes.js'
import { loadPipelines } from '../load-pipelines.js'
import { renderVerification } from '../render/verification.js'

export interface VerifyFlags extends CommonFlags {
  readonly limit?: number
  readonly run?: string
}

/** Compares sources with targets. */
export async function verifyCommand(
  context: CommandContext,
  paths: readonly string[],
  flags: VerifyFlags,
): Promise<ExitCode> {
  const { output, stop } = context
  const loaded = await loadPipelines(paths, { onNote: (note) => output.note(note) })
  const { verify } = await import('../../run/verify.js')
  const codes: ExitCode[] = []
  for (const entry of loaded) {
    stop.signal.throwIfAborted()
    try {
      const { limit, run: runId } = flags
      const options = { ...commonOptions(context, flags, entry), ...given({ limit, runId }) }
      const result = await verify(entry.pipeline, options)
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
