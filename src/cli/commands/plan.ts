import { commonOptions, given, type CommandContext, type CommonFlags } from '../command.js'
import { sameCommand } from '../command-line.js'
import { gravestExitCode, type ExitCode } from '../exit-codes.js'
import { loadPipelines } from '../load-pipelines.js'
import { orderPipelines } from '../order-pipelines.js'
import { renderPlan } from '../render/plan.js'

export interface PlanFlags extends CommonFlags {
  readonly sample?: number
}

/** Shows what runs would do. */
export async function planCommand(
  context: CommandContext,
  paths: readonly string[],
  flags: PlanFlags,
): Promise<ExitCode> {
  const { output, stop } = context
  const loaded = await loadPipelines(paths, { onNote: (note) => output.note(note) })
  const { plan } = await import('../../run/plan.js')
  const codes: ExitCode[] = []
  for (const entry of orderPipelines(loaded)) {
    stop.signal.throwIfAborted()
    try {
      const { sample } = flags
      const options = { ...commonOptions(context, flags, entry), ...given({ sample }) }
      const report = await plan(entry.pipeline, options)
      output.endProgress()
      output.event(report)
      if (codes.length > 0) output.data([''])
      output.data(renderPlan(report, output.width, output.styles))
      codes.push(0)
    } catch (error) {
      codes.push(output.error(error, entry.pipeline.name))
    }
  }
  const code = gravestExitCode(codes)
  if (code === 0) {
    output.advise([`Run with: ${output.messageStyles.bold(sameCommand('run', paths, flags))}`])
  }
  return code
}
