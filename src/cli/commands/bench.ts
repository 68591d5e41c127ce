import type { MeasuredStep } from '../../run/measurement.js'
import { commonOptions, given, type CommandContext, type CommonFlags } from '../command.js'
import { gravestExitCode, type ExitCode } from '../exit-codes.js'
import { loadPipelines } from '../load-pipelines.js'
import { formatCount } from '../quantities.js'
import { renderMeasurement } from '../render/measurement.js'

export interface BenchFlags extends CommonFlags {
  readonly rows?: number
}

/** Measures pipelines, step by step. */
export async function benchCommand(
  context: CommandContext,
  paths: readonly string[],
  flags: BenchFlags,
): Promise<ExitCode> {
  const { output, stop } = context
  const loaded = await loadPipelines(paths, { onNote: (note) => output.note(note) })
  const { measure } = await import('../../run/measure.js')
  const onStep = ({ name, rowsPerSecond }: MeasuredStep) =>
    output.note(`Measured ${name}: ${formatCount(rowsPerSecond)} rows/s`)
  const codes: ExitCode[] = []
  for (const entry of loaded) {
    stop.signal.throwIfAborted()
    const { stateDir, local, signal, onWarning } = commonOptions(context, flags, entry)
    const { rows } = flags
    try {
      const measurement = await measure(entry.pipeline, {
        ...given({ stateDir, local, signal, onWarning, rows }),
        onStep,
      })
      output.event(measurement)
      if (codes.length > 0) output.data([''])
      output.data(renderMeasurement(measurement, output.styles))
      codes.push(0)
    } catch (error) {
      codes.push(output.error(error, entry.pipeline.name))
    }
  }
  return gravestExitCode(codes)
}
