import { Command, CommanderError } from 'commander'
import { HeadraceError } from '../core/errors.js'
import { addBackupCommands } from './backup-commands.js'
import type { Accept, CommonFlags, Task } from './command.js'
import { wholeNumber, withCommonOptions } from './command-options.js'
import { EXIT, type ExitCode } from './exit-codes.js'
import { addRollback } from './rollback-command.js'
import { addMachineCommands } from './machine-commands.js'

export interface ParsedCommand {
  readonly flags: Pick<CommonFlags, 'json' | 'verbose' | 'quiet'>
  readonly task: Task
}

/** Text that was asked for instead of a command: help, or the version. */
export interface Answer {
  readonly text: string
  readonly exitCode: ExitCode
}

/**
 * Makes sense of a command line.
 * @throws HeadraceError `USAGE`, with what was probably meant
 */
export async function parseCommandLine(
  argv: readonly string[],
  version: string,
): Promise<ParsedCommand | Answer> {
  let parsed: ParsedCommand | undefined
  let text = ''
  const program = buildProgram(version, (flags, task) => {
    parsed = { flags, task }
  })
  const write = (part: string) => {
    text += part
  }
  program.configureOutput({ writeOut: write, writeErr: write, outputError: () => undefined })
  // Subcommands copied these settings when they were added, so they are set on each.
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput(program.configureOutput())
  }
  try {
    await program.parseAsync(wordsToParse(argv, program), { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return { text, exitCode: EXIT.done }
    if (error.code === 'commander.help') return { text, exitCode: EXIT.badUsage }
    throw usageError(error, argv)
  }
  if (parsed === undefined) throw new Error('the command line gave no command')
  return parsed
}

/** `rnu --help` is no request for help with everything: only the wrong word is looked at. */
function wordsToParse(argv: readonly string[], program: Command): string[] {
  const [asksHelp, word] = argv[0] === 'help' ? [true, argv[1]] : [false, argv[0]]
  if (word === undefined || word.startsWith('-')) return [...argv]
  const known = program.commands.some((command) => command.name() === word)
  return known || (!asksHelp && word === 'help') ? [...argv] : [word]
}

function usageError(error: CommanderError, argv: readonly string[]): HeadraceError {
  const [what = '', meant] = error.message.replace(/^error: /, '').split('\n')
  const command = argv[0] !== undefined && /^[a-z]+$/.test(argv[0]) ? `${argv[0]} ` : ''
  const known = error.code === 'commander.unknownCommand' ? '' : command
  const help = `See headrace ${known}--help.`
  const message = `${what.charAt(0).toUpperCase()}${what.slice(1)}`
  const question = meant === undefined ? '' : ` ${meant}`
  return new HeadraceError('USAGE', `${message}${question}`, { hint: help })
}

function buildProgram(version: string, accept: Accept): Command {
  const program = new Command('headrace')
    .description('Moves large exports into DynamoDB, and proves that they arrived.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .addHelpText('after', HELP)
  addRun(program, accept)
  addPlan(program, accept)
  addVerify(program, accept)
  addBench(program, accept)
  addStatus(program, accept)
  addRetry(program, accept)
  addRollback(program, accept)
  addBackupCommands(program, accept)
  addMachineCommands(program, accept)
  return program
}

const HELP = `
Examples:
  headrace plan pipelines/users.ts           what would happen; writes nothing
  headrace run pipelines/users.ts --local    into the embedded DynamoDB
  headrace run pipelines --resume            go on where it was interrupted
  headrace verify pipelines/users.ts --json  compare source and table

Exit codes: 0 done, 1 failed, 2 differences found, 3 too many rejects,
  4 bad usage or pipeline file, 130 interrupted with the checkpoint saved.`

const FILES = 'pipeline files (.ts, .mts, .js, .mjs), or folders of them'

function addRun(program: Command, accept: Accept): void {
  withCommonOptions(
    program
      .command('run')
      .description('run pipelines')
      .argument('<files...>', FILES)
      .option('--resume', 'go on with the unfinished run, if there is one')
      .option('--force', 'resume although something changed; take over the lock of another run')
      .option('--limit <n>', 'read at most this many rows', wholeNumber(0))
      .option('--max-write-units <n>', 'never write more units a second than this', wholeNumber(1))
      .option('--concurrency <n>', 'requests under way at once', wholeNumber(1))
      .option('--verify', 'compare source and target at the end, whatever the pipeline says')
      .option('--no-verify', 'do not')
      .option('--require-snapshot', 'refuse to read anything but one snapshot of the source')
      .option('--undo-log', 'log what is written over first, so that the run can be rolled back'),
  )
    .addHelpText('after', RUN_HELP)
    .action((files: string[], flags: CommonFlags) => {
      accept(flags, async (context) => {
        const { runCommand } = await import('./commands/run.js')
        return runCommand(context, files, flags)
      })
    })
}

const RUN_HELP = `
Examples:
  headrace run pipelines/users.ts --local
  headrace run pipelines/users.ts --limit 1000 --no-verify
  headrace run pipelines/users.ts pipelines/orders.ts --max-write-units 2000
  headrace run pipelines --json > events.jsonl

The first Ctrl-C settles what was read, saves, and says how to go on; a second one ends at once.`

function addPlan(program: Command, accept: Accept): void {
  withCommonOptions(
    program
      .command('plan')
      .description('connect, check and map a sample: what would run, and at what cost')
      .argument('<files...>', FILES)
      .option('--sample <n>', 'rows to look at (default: 10000)', wholeNumber(1)),
  )
    .addHelpText('after', PLAN_HELP)
    .action((files: string[], flags: CommonFlags) => {
      accept(flags, async (context) => {
        const { planCommand } = await import('./commands/plan.js')
        return planCommand(context, files, flags)
      })
    })
}

const PLAN_HELP = `
Examples:
  headrace plan pipelines/users.ts
  headrace plan pipelines/users.ts --sample 50000 --json

Writes nothing, not even tables.`

function addVerify(program: Command, accept: Accept): void {
  withCommonOptions(
    program
      .command('verify')
      .description('compare source and target; exits with 2 when they differ')
      .argument('<files...>', FILES)
      .option('--run <id>', 'as it was for this run (default: the last of each pipeline)')
      .option('--limit <n>', 'read at most this many rows of the source', wholeNumber(0))
      .option('--resume', 'go on with the verification that was interrupted, if there is one')
      .option('--sample <n>', 'a quick look: at so many items chosen at random', wholeNumber(1))
      .option('--repair', 'write what is missing or different again, and verify once more')
      .option('--delete-extra', 'with --repair: delete what only the table has; asks first')
      .option('--confirm <table>', 'with --delete-extra: do not ask; this is the table')
      .option('--certificate <file>', 'write a certificate of what was found'),
  )
    .addHelpText('after', VERIFY_HELP)
    .action((files: string[], flags: CommonFlags) => {
      accept(flags, async (context) => {
        const { verifyCommand } = await import('./commands/verify.js')
        return verifyCommand(context, files, flags)
      })
    })
}

const VERIFY_HELP = `
Examples:
  headrace verify pipelines/users.ts --local
  headrace verify pipelines/users.ts --json | tail -n 1
  headrace verify pipelines/users.ts --sample 1000
  headrace verify pipelines/users.ts --repair --delete-extra --confirm=app
  headrace verify pipelines/users.ts --certificate users.certificate.json`

function addBench(program: Command, accept: Accept): void {
  withCommonOptions(
    program
      .command('bench')
      .description('measure pipelines step by step: how fast, and what limits them')
      .argument('<files...>', FILES)
      .option('--rows <n>', 'rows to measure with (default: 100000)', wholeNumber(1)),
  )
    .addHelpText('after', BENCH_HELP)
    .action((files: string[], flags: CommonFlags) => {
      accept(flags, async (context) => {
        const { benchCommand } = await import('./commands/bench.js')
        return benchCommand(context, files, flags)
      })
    })
}

const BENCH_HELP = `
Examples:
  headrace bench pipelines/users.ts
  headrace bench pipelines/users.ts --rows 1000000 --json

Writes to a stand-in for DynamoDB on this machine; AWS is not asked for anything. Reads the source
once for each step, so it cannot be standard input.`

function addStatus(program: Command, accept: Accept): void {
  withCommonOptions(
    program
      .command('status')
      .description('list runs and how they are doing, and what to do next')
      .argument('[run]', 'a run id, or a pipeline name for its last run'),
  )
    .addHelpText('after', STATUS_HELP)
    .action((run: string | undefined, flags: CommonFlags) => {
      accept(flags, async (context) => {
        const { statusCommand } = await import('./commands/status.js')
        return statusCommand(context, run, flags)
      })
    })
}

const STATUS_HELP = `
Examples:
  headrace status
  headrace status users --json`

function addRetry(program: Command, accept: Accept): void {
  withCommonOptions(
    program
      .command('retry')
      .description('feed the rejects of a run through its mended pipeline again')
      .argument('<run>', 'a run id; see headrace status')
      .argument('[file]', 'the pipeline file (default: the one of the run)')
      .option('--force', 'take over the lock of another run'),
  )
    .addHelpText('after', RETRY_HELP)
    .action((run: string, file: string | undefined, flags: CommonFlags) => {
      accept(flags, async (context) => {
        const { retryCommand } = await import('./commands/retry.js')
        return retryCommand(context, run, file, flags)
      })
    })
}

const RETRY_HELP = `
Examples:
  headrace retry users-20261121-093000-a1b2c3

Writes a key only where the table has none, or an item of an earlier row of the run.`
