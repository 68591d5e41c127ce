import type { Command } from 'commander'
import { withCommonOptions, wholeNumber } from './command-options.js'
import type { Accept, CommonFlags } from './command.js'

/** Adds `backup` and `restore`. */
export function addBackupCommands(program: Command, accept: Accept): void {
  addBackup(program, accept)
  addRestore(program, accept)
}

function addBackup(program: Command, accept: Accept): void {
  withCommonOptions(
    program
      .command('backup')
      .description('write a table, and how to make it, to a file')
      .argument('<table>', 'the name of a DynamoDB table')
      .argument('<file>', 'the file to write: DynamoDB JSON lines, gzip')
      .option('--segments <n>', 'parts of the table read at once (default: 4)', wholeNumber(1))
      .option('--max-read-units <n>', 'never read more units a second than this', wholeNumber(1))
      .option('--force', 'replace the file, if there is one of that name'),
  )
    .addHelpText('after', BACKUP_HELP)
    .action((table: string, file: string, flags: CommonFlags) => {
      accept(flags, async (context) => {
        const { backupCommand } = await import('./commands/backup.js')
        return backupCommand(context, table, file, flags)
      })
    })
}

const BACKUP_HELP = `
Examples:
  headrace backup app app.jsonl.gz
  headrace backup app app.jsonl.gz --max-read-units 500
  zcat app.jsonl.gz | jq -c 'select(.Item).Item'

The file has its name only when it is whole and was read back. Items that change meanwhile are as
they were when they were read: for one moment's state, use DynamoDB's point-in-time export.`

function addRestore(program: Command, accept: Accept): void {
  withCommonOptions(
    program
      .command('restore')
      .description('write a backup into a table, made if it is missing, and compare both')
      .argument('<file>', 'what headrace backup has written')
      .argument('<table>', 'the name of the table')
      .option('--resume', 'go on with the unfinished restore, if there is one')
      .option('--force', 'write into a table that holds items, over those of the same keys')
      .option('--max-write-units <n>', 'never write more units a second than this', wholeNumber(1))
      .option('--concurrency <n>', 'requests under way at once', wholeNumber(1)),
  )
    .addHelpText('after', RESTORE_HELP)
    .action((file: string, table: string, flags: CommonFlags) => {
      accept(flags, async (context) => {
        const { restoreCommand } = await import('./commands/restore.js')
        return restoreCommand(context, file, table, flags)
      })
    })
}

const RESTORE_HELP = `
Examples:
  headrace restore app.jsonl.gz app-copy
  headrace restore app.jsonl.gz app-copy --local --json

Refuses a file that is cut off or changed, before anything is written, and a table that holds items.
Exits with 2 when table and file differ in the end.`
