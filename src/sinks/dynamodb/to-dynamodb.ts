import type { Described } from '../../core/source.js'
import type { Sink } from '../../core/sink.js'
import { sinkWritable } from '../../flow/sink-writable.js'
import { checkOptions } from './check-options.js'
import type { DynamodbOptions } from './options.js'
import { connectTarget } from './target.js'

/**
 * Writes items to a DynamoDB table. Region, credentials and endpoint are found as every AWS tool
 * finds them, or come with a ready client; nothing is opened before the run.
 *
 * @throws HeadraceError `PIPELINE_INVALID` for options that are unknown, wrong or contradictory
 * @example
 * toDynamodb({ table: 'app', partitionKey: 'pk', sortKey: 'sk', create: { billing: 'on-demand' } })
 */
export function toDynamodb<I extends object>(options: DynamodbOptions<I>): Sink<I> {
  const settings = checkOptions(options)
  // How requests travel decides nothing about what is written.
  const { client, transport: _, onConflict, ...described } = settings
  return {
    kind: 'sink',
    type: 'dynamodb',
    options: {
      ...plain(described),
      ...(client === undefined ? {} : { client: 'given' }),
      ...(onConflict === undefined ? {} : { onConflict: 'given' }),
    },
    connect: (context) => connectTarget(settings, context),
    writable: (given) => sinkWritable((context) => connectTarget(settings, context), given),
  }
}

/** Settings are plain values, which their interfaces do not say. */
function plain(settings: object): { readonly [option: string]: Described } {
  return settings as { readonly [option: string]: Described }
}
