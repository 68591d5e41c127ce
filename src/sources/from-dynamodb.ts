import { source, type Source } from '../core/route.js'
import { describeOptions, dynamodbSettings } from './dynamodb/dynamodb-settings.js'
import type { FromDynamodbOptions } from './dynamodb/dynamodb-options.js'
import { openDynamodb } from './dynamodb/open-dynamodb.js'

export type { FromDynamodbOptions } from './dynamodb/dynamodb-options.js'

/** An item of which nothing is known. */
export type DynamodbRow = { readonly [attribute: string]: unknown }

/**
 * Reads the items of a DynamoDB table or index, in segments, each of which resumes by itself.
 *
 * Values lose nothing, and `toDynamodb` writes them back equal: numbers are `number`, `bigint`
 * where an integer is beyond ±(2^53 − 1), `NumberValue` where a double would change a decimal; sets
 * are `Set`, binary is `Uint8Array`, null is `null`.
 *
 * A scan is no snapshot: each item is as it was when its page was read, so the run's consistency is
 * `none`, and `--require-snapshot` refuses it. An export of the table is one: see
 * `fromDynamodbExport`.
 *
 * @throws HeadraceError `PIPELINE_INVALID` at once, for options that are wrong. When it opens or
 * reads: `SOURCE_NOT_FOUND`, `SOURCE_UNREACHABLE`, `SOURCE_REFUSED`, `CREDENTIALS`
 */
export function fromDynamodb<R extends object = DynamodbRow>(
  options: FromDynamodbOptions,
): Source<R> {
  const settings = dynamodbSettings(options)
  return source<R>({
    type: 'dynamodb',
    options: describeOptions(settings),
    open: (context) => openDynamodb<R>(settings, context),
  })
}
