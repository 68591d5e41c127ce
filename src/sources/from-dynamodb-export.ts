import { source, type Source } from '../core/route.js'
import { describeExportOptions, exportSettings } from './dynamodb-export/export-settings.js'
import type { FromDynamodbExportOptions } from './dynamodb-export/export-options.js'
import { openExport } from './dynamodb-export/open-export.js'
import type { DynamodbRow } from './from-dynamodb.js'

export type { ExportInS3, FromDynamodbExportOptions } from './dynamodb-export/export-options.js'
export type { ExportedChange } from './dynamodb-export/exported-row.js'

/**
 * Reads what ExportTableToPointInTime wrote, in a folder or in S3: DynamoDB JSON or
 * Ion, gzip or plain. Each data file is a partition; the whole is one state of the table.
 *
 * The rows of a full export are its items, with values as `fromDynamodb` gives them; those of an
 * incremental export are changes: `fromDynamodbExport<ExportedChange<User>>({ … })`.
 *
 * Before a row is read, every data file that the manifest names must be there. While a file is
 * read, its MD5 and its number of items are held against the manifest; a resumed run reads the file
 * again from its start, so that both are checked all the same. Rows of a file that turns out to be
 * damaged may have been written by then; the run fails all the same.
 *
 * @throws HeadraceError `PIPELINE_INVALID` at once, for options that are wrong. When it opens or
 * reads: `SOURCE_NOT_FOUND`, `SOURCE_MALFORMED`, `SOURCE_UNREACHABLE`, `SOURCE_REFUSED`,
 * `CREDENTIALS`, `DRIVER_MISSING`
 */
export function fromDynamodbExport<R extends object = DynamodbRow>(
  options: FromDynamodbExportOptions,
): Source<R> {
  const settings = exportSettings(options)
  return source<R>({
    type: 'dynamodb-export',
    options: describeExportOptions(settings),
    open: (context) => openExport<R>(settings, context),
  })
}
