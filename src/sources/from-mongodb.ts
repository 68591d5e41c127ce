import { source, type Source } from '../core/route.js'
import type { SourceReader } from '../core/source.js'
import { loadMongodb } from '../stores/mongodb/mongodb-connection.js'
import {
  describeMongodbOptions,
  mongodbSettings,
  type MongodbOptions,
} from './mongodb/mongodb-options.js'

export type { MongodbOptions } from './mongodb/mongodb-options.js'

/** A document of which nothing is known. */
export type MongodbRow = { readonly [field: string]: unknown }

/**
 * Reads the documents of a MongoDB collection or view, or what an aggregation makes of them.
 *
 * They come in the order of `_id`, of whatever types it is, and a run resumes behind the last one
 * that was settled; a cursor that is lost, because the target was slow or a connection broke, is
 * replaced by one behind the last document. Values become what they become from Extended JSON:
 * dates ISO text, ObjectIds their hexadecimal digits, 64-bit integers `bigint`, Decimal128
 * `NumberValue`; the README of this folder lists all types. A document that cannot be read is
 * rejected with its `_id`.
 *
 * MongoDB promises no snapshot, so a run's consistency is `none`; `readConcern: 'snapshot'` reads
 * one from a replica set.
 *
 * @throws HeadraceError `PIPELINE_INVALID` at once, for options that are wrong. When it opens or
 * reads: `ENV_MISSING`, `CREDENTIALS`, `SOURCE_UNREACHABLE`, `SOURCE_NOT_FOUND`, `SOURCE_REFUSED`,
 * `DRIVER_MISSING`
 */
export function fromMongodb<R extends object = MongodbRow>(
  options: MongodbOptions<keyof R & string>,
): Source<R> {
  const settings = mongodbSettings(options)
  return source<R>({
    type: 'mongodb',
    options: describeMongodbOptions(options),
    open: async (context) => {
      await loadMongodb()
      const { openCollection } = await import('./mongodb/open-mongodb.js')
      return openCollection(settings, context) as Promise<SourceReader<R>>
    },
  })
}
