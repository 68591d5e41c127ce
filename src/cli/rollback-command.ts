import type { Command } from 'commander'
import { wholeNumber, withCommonOptions } from './command-options.js'
import type { Accept, CommonFlags } from './command.js'

/** Adds `rollback`. */
export function addRollback(program: Command, accept: Accept): void {
  withCommonOptions(
    program
      .command('rollback')
      .description('undo a run that was made with --undo-log')
      .argument('<run>', 'a run id; see headrace status')
      .option('--force', 'put back also what others have changed since; drop a table made by it')
      .option('--max-write-units <n>', 'never write more units a second than this', wholeNumber(1)),
  )
    .addHelpText('after', ROLLBACK_HELP)
    .action((run: string, flags: CommonFlags) => {
      accept(flags, async (context) => {
        const { rollbackCommand } = await import('./commands/rollback.js')
        return rollbackCommand(context, run, flags)
      })
    })
}

const ROLLBACK_HELP = `
Examples:
  headrace rollback users-20261121-093000-a1b2c3
  headrace rollback users-20261121-093000-a1b2c3 --max-write-units 500 --json

Gives each key what it held before the run, deletes what the run created, and reads all keys once
more. A key that holds by now what the run did not write is left and listed; so is a table that the
run made and that holds something else. Exits with 2 then. Ctrl-C ends at once; the same command
goes on from there.`
