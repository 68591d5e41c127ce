import { source, type Source } from '../core/route.js'
import { openFiles } from './files/files-reader.js'
import type { JsonCursor } from './json/json-batches.js'
import { jsonSettings, type FromJsonOptions } from './json/json-options.js'
import { readJsonFile } from './json/read-json-file.js'

/** A row of which nothing is known. */
export type JsonRow = { readonly [key: string]: unknown }

/**
 * Reads the objects of JSON files: JSON lines, the elements of one huge array, or values one after
 * the other. Nothing but the values of a batch is in memory at a time, and numbers keep all their
 * digits. The files are UTF-8, with or without a byte order mark.
 *
 * A value that is no object, is not UTF-8, too long, or nested deeper than 1,000 levels is rejected
 * with its line; so is a line that is not JSON. In an array, what is not JSON ends the run, since
 * what follows cannot be told apart. Of keys that occur twice in an object the last counts.
 *
 * @throws HeadraceError `PIPELINE_INVALID` for options that are wrong; on reading,
 * `SOURCE_NOT_FOUND` and `SOURCE_MALFORMED`, with file, line and column
 */
export function fromJson<R extends object = JsonRow>(options: FromJsonOptions): Source<R> {
  const settings = jsonSettings(options)
  return source<R>({
    type: 'json',
    options: { ...options },
    open: (context) =>
      openFiles(settings.path, context, (file, bytes, from, firstRow, signal) =>
        readJsonFile(file, bytes, settings, from as JsonCursor | undefined, firstRow, signal),
      ),
  })
}
