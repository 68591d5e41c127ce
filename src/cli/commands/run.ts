import { HeadraceError, type ErrorCode } from '../../core/errors.js'
import type { RunOptions } from '../../run/options.js'
import { undoCommand } from '../../run/resume-command.js'
import type { RunSummary } from '../../run/summary.js'
import { commonOptions, given, type CommandContext, type CommonFlags } from '../command.js'
import { sameCommand } from '../command-line.js'
import { EXIT, exitCodeOfRun, gravestExitCode, type ExitCode } from '../exit-codes.js'
import { shortPath } from '../import-module.js'
import { loadPipelines, type LoadedPipeline } from '../load-pipelines.js'
import { orderPipelines } from '../order-pipelines.js'
import type { Output } from '../output.js'
import { renderSummaries, renderSummary } from '../render/summary.js'

export interface RunFlags extends CommonFlags {
  readonly resume?: boolean
  readonly force?: boolean
  readonly limit?: number
  readonly maxWriteUnits?: number
  readonly concurrency?: number
  readonly verify?: boolean
  readonly requireSnapshot?: boolean
  readonly undoLog?: boolean
}

/** Runs pipelines one after the other, each only if all it comes after ended well. */
export async function runCommand(
  context: CommandContext,
  paths: readonly string[],
  flags: RunFlags,
): Promise<ExitCode> {
  const { output, stop } = context
  const loaded = await loadPipelines(paths, { onNote: (note) => output.note(note) })
  const ordered = orderPipelines(loaded)
  const summaries: RunSummary[] = []
  const codes: ExitCode[] = []
  const succeeded = new Set<string>()
  for (const entry of ordered) {
    const { name, after } = entry.pipeline
    const missing = after.find((other) => !succeeded.has(other))
    if (stop.signal.aborted && codes.length > 0) {
      output.warn(`${name} was not run`)
      codes.push(EXIT.interrupted)
    } else if (missing !== undefined) {
      output.warn(`${name} was not run, since ${missing} did not end well`)
    } else {
      const ended = await runOne(context, entry, flags)
      if (typeof ended === 'object') summaries.push(ended)
      const code = typeof ended === 'object' ? exitCodeOfRun(ended) : ended
      codes.push(code)
      if (code === EXIT.done) succeeded.add(name)
    }
  }
  if (summaries.length > 1) output.data(['', ...renderSummaries(summaries, output.styles)])
  return gravestExitCode(codes)
}

/** Resolves to the summary, or to an exit code where it did not get as far as that. */
async function runOne(
  context: CommandContext,
  entry: LoadedPipeline,
  flags: RunFlags,
): Promise<RunSummary | ExitCode> {
  const { output } = context
  const { run } = await import('../../run/run.js')
  try {
    const summary = await run(entry.pipeline, runOptions(context, entry, flags))
    output.endProgress()
    output.event(summary)
    output.data(renderSummary(summary, output.width, output.styles))
    explain(output, summary, entry, flags)
    return summary
  } catch (error) {
    return output.error(interruptedOr(error, context), entry.pipeline.name)
  }
}

/** What an aborted signal threw, as the interruption it is. */
function interruptedOr(error: unknown, { stop }: CommandContext): unknown {
  if (!stop.signal.aborted || HeadraceError.is(error)) return error
  return new HeadraceError('INTERRUPTED', 'Stopped before anything was read', { cause: error })
}

function runOptions(context: CommandContext, entry: LoadedPipeline, flags: RunFlags): RunOptions {
  const { resume, force, limit, maxWriteUnits, concurrency, verify } = flags
  const { requireSnapshot, undoLog } = flags
  return {
    ...commonOptions(context, flags, entry),
    ...given({ resume, force, limit, maxWriteUnits, concurrency, verify }),
    ...given({ requireSnapshot, undoLog }),
  }
}

function explain(
  output: Output,
  summary: RunSummary,
  { provenance }: LoadedPipeline,
  flags: RunFlags,
): void {
  if (summary.status === 'failed' && summary.error !== undefined) {
    const { code, message, hint } = summary.error
    output.complain(
      new HeadraceError(code as ErrorCode, message, hint === undefined ? {} : { hint }),
      summary.pipeline,
    )
  }
  const next: [what: string, how: string][] = []
  const verify = sameCommand('verify', [shortPath(provenance.file)], flags)
  if (summary.rejectFile !== undefined) {
    next.push(['Rejected rows and why:', shortPath(summary.rejectFile)])
  }
  if (summary.resume !== '') next.push(['Go on with:', summary.resume])
  else if (summary.verification.status === 'differ') next.push(['See what differs:', verify])
  else if (summary.status === 'succeeded' && summary.verification.status === 'skipped') {
    next.push(['Verify with:', verify])
  }
  if (flags.undoLog === true)
    next.push(['Undo it with:', undoCommand(summary.runId, flags.stateDir)])
  output.advise(next.map(([what, how]) => `${what} ${output.messageStyles.bold(how)}`))
}
