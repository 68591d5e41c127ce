import { HeadraceError } from '../core/errors.js'
import type { RunRecord } from './journal.js'

/** What can still be done about a run that kept no undo log. */
export function noUndoLog({
  runId,
  pipeline,
  target,
  startedAt,
  madeTable,
}: RunRecord): HeadraceError {
  const table = target['table'] ?? ''
  const ways = [
    ...(madeTable === true
      ? [
          `The run made table ${table}: to take away all that it holds, ` +
            `aws dynamodb delete-table --table-name ${table}.`,
        ]
      : []),
    'With point-in-time recovery, the table as it was comes back under another name: ' +
      `aws dynamodb restore-table-to-point-in-time --source-table-name ${table} ` +
      `--target-table-name ${table}-before --restore-date-time ${startedAt}.`,
    'Run with --undo-log to be able to roll back.',
  ]
  return new HeadraceError(
    'ROLLBACK_REFUSED',
    `Run ${runId} kept no undo log: which keys it created, and what it wrote over, is not known`,
    { pipeline, hint: ways.join('\n') },
  )
}

export function notOfRun({ runId, pipeline, target }: RunRecord, of: string): HeadraceError {
  return new HeadraceError(
    'ROLLBACK_REFUSED',
    `The undo log in the folder of run ${runId} is of ${of}; ` +
      `the run wrote to ${Object.values(target).join(', ')}`,
    { pipeline, hint: 'Put back the log that the run left.' },
  )
}
