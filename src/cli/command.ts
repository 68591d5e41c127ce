import type { CommonOptions } from '../run/options.js'
import type { ExitCode } from './exit-codes.js'
import type { LoadedPipeline } from './load-pipelines.js'
import type { Output } from './output.js'
import type { StopSignals } from './stop-signals.js'

/** What every command takes. */
export interface CommonFlags {
  readonly local?: boolean
  readonly stateDir: string
  readonly json?: boolean
  readonly verbose?: boolean
  readonly quiet?: boolean
}

/** What a command works with, besides its arguments. */
export interface CommandContext {
  readonly output: Output
  readonly stop: StopSignals
}

/** A command, ready to be carried out. */
export type Task = (context: CommandContext) => Promise<ExitCode>

/** Takes the command that a command line names. */
export type Accept = (flags: CommonFlags, task: Task) => void

/** The options of `run`, `plan` and `verify` that come from the command line as such. */
export function commonOptions(
  context: CommandContext,
  flags: CommonFlags,
  { provenance }: LoadedPipeline,
): CommonOptions {
  return { ...tableOptions(context, flags), provenance }
}

/** Those of commands that need no pipeline. */
export function tableOptions(
  { output, stop }: CommandContext,
  flags: CommonFlags,
): Omit<CommonOptions, 'provenance'> {
  return {
    stateDir: flags.stateDir,
    local: flags.local ?? false,
    signal: stop.signal,
    abort: stop.abort,
    onProgress: output.progress,
    onWarning: (message) => output.warn(message),
  }
}

/** The options among these that were given. */
export function given<T extends object>(options: T): { [K in keyof T]: NonNullable<T[K]> } {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [K in keyof T]: NonNullable<T[K]> }
}
