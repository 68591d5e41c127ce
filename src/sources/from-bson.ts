import { HeadraceError, messageOf } from '../core/errors.js'
import { requireKnownOptions } from '../core/known-options.js'
import { source, type Source } from '../core/route.js'
import { readBsonFile, type Deserialize } from './bson/read-bson-file.js'
import { openFiles, type FileCursor } from './files/files-reader.js'
import { requirePath } from './files/require-path.js'
import type { JsonRow } from './from-json.js'

export interface FromBsonOptions {
  /** A file, a glob, a list of both, or `-` for standard input. gzip is told by its first bytes. */
  readonly path: string | readonly string[]
}

/**
 * Reads the `.bson` files of `mongodump`, one document at a time. Values become what they become
 * from Extended JSON: dates ISO text, ObjectIds their hexadecimal digits, 64-bit integers `bigint`,
 * Decimal128 `NumberValue`. A document that cannot be read is rejected with its byte.
 *
 * @throws HeadraceError `PIPELINE_INVALID` for options that are wrong; on reading,
 * `SOURCE_NOT_FOUND`, `SOURCE_MALFORMED` with file and byte, and `DRIVER_MISSING`
 */
export function fromBson<R extends object = JsonRow>(options: FromBsonOptions): Source<R> {
  requireKnownOptions('fromBson', options, ['path'])
  requirePath('fromBson', options.path)
  return source<R>({
    type: 'bson',
    options: { ...options },
    open: async (context) => {
      const deserialize = await loadDeserialize()
      return openFiles(options.path, context, (file, bytes, from, firstRow, signal) =>
        readBsonFile(file, bytes, deserialize, from as FileCursor | undefined, firstRow, signal),
      )
    },
  })
}

async function loadDeserialize(): Promise<Deserialize> {
  const { BSON } = await import('mongodb').catch((cause: unknown) => {
    throw new HeadraceError('DRIVER_MISSING', `mongodb cannot be loaded: ${messageOf(cause)}`, {
      hint: 'Install it: npm install mongodb',
      cause,
    })
  })
  return (bytes) => BSON.deserialize(bytes, { useBigInt64: true, bsonRegExp: true })
}
