#!/usr/bin/env node
import { HeadraceError } from '../core/errors.js'
import { ownPackage } from './checks.js'
import type { Task } from './command.js'
import { EXIT, type ExitCode } from './exit-codes.js'
import { Output } from './output.js'
import { parseCommandLine } from './program.js'
import { listenForStop } from './stop-signals.js'

async function main(argv: readonly string[]): Promise<ExitCode> {
  let output = openOutput(looseFlags(argv))
  try {
    const parsed = await parseCommandLine(argv, ownPackage().version)
    if ('text' in parsed) {
      const stream = parsed.exitCode === 0 ? process.stdout : process.stderr
      stream.write(parsed.text)
      return parsed.exitCode
    }
    output = openOutput(parsed.flags)
    reportBugs(output)
    return await carryOut(parsed.task, output)
  } catch (error) {
    return output.error(error)
  }
}

async function carryOut(task: Task, output: Output): Promise<ExitCode> {
  const onStop = () =>
    output.note('Stopping: what was read is settled and saved. Ctrl-C again ends at once.')
  const stop = listenForStop({ onStop, onAbort: () => process.exit(EXIT.interrupted) }, process)
  try {
    return await task({ output, stop })
  } catch (error) {
    if (!stop.signal.aborted || HeadraceError.is(error)) throw error
    throw new HeadraceError('INTERRUPTED', 'Stopped from outside', { cause: error })
  } finally {
    stop.dispose()
  }
}

interface OutputFlags {
  readonly json?: boolean
  readonly verbose?: boolean
  readonly quiet?: boolean
}

function openOutput({ json = false, verbose = false, quiet = false }: OutputFlags): Output {
  const { stdout, stderr, env: environment } = process
  return new Output({ stdout, stderr, environment, nowMs: Date.now, json, verbose, quiet })
}

/** What nobody caught is a bug of ours or of a stage: it ends the process, with a short message. */
function reportBugs(output: Output): void {
  process.on('uncaughtException', (error) => process.exit(output.error(error)))
}

/** How to print the error of a command line that cannot be parsed. */
function looseFlags(argv: readonly string[]): OutputFlags {
  return { json: argv.includes('--json'), verbose: argv.includes('--verbose') }
}

/** A reader that goes away (`| head`) ends the printing, not the work. */
function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
  }
}

const LINGER_MS = 2_000

// The SDK warns of a Node.js version that this package supports.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true'
outliveReaders()
const exitCode = await main(process.argv.slice(2))
process.exitCode = exitCode
// A connection that a pipeline file left open must not keep the command from ending.
setTimeout(() => process.exit(exitCode), LINGER_MS).unref()
