import type { OpenContext, SourceReader } from '../../core/source.js'
import { openMongodb, type MongodbServer } from '../../stores/mongodb/mongodb-connection.js'
import { readError } from '../../stores/mongodb/mongodb-errors.js'
import { chooseRanges } from './choose-ranges.js'
import { DocumentQuery } from './document-query.js'
import { findCollection, type FoundCollection } from './find-collection.js'
import { findSince } from './find-since.js'
import { WHOLE } from './id-range.js'
import { whyIdsAreLost } from './keeps-ids.js'
import { MongodbReader } from './mongodb-reader.js'
import type { MongodbSettings } from './mongodb-options.js'
import { ReadSessions } from './read-sessions.js'

/**
 * Connects, and finds out what is to be read.
 * @throws HeadraceError `SOURCE_…`, `CREDENTIALS`, `ENV_MISSING`, or `PIPELINE_INVALID` where no
 * database is named
 */
export async function openCollection(
  settings: MongodbSettings,
  context: OpenContext,
): Promise<SourceReader> {
  const { connection, database, connectTimeoutMs, readPreference, readConcern } = settings
  context.signal.throwIfAborted()
  const server = await openMongodb(connection, database, connectTimeoutMs, {
    ...(readPreference === undefined ? {} : { readPreference }),
    ...(readConcern === undefined || readConcern === 'snapshot'
      ? {}
      : { readConcern: { level: readConcern } }),
  })
  const stop = (): void => void server.close()
  context.signal.addEventListener('abort', stop, { once: true })
  try {
    return await inspect(settings, server, context)
  } catch (error) {
    await server.close()
    context.signal.throwIfAborted()
    throw readError(error, `${server.database.databaseName}.${settings.collection}`)
  } finally {
    context.signal.removeEventListener('abort', stop)
  }
}

async function inspect(
  settings: MongodbSettings,
  server: MongodbServer,
  context: OpenContext,
): Promise<SourceReader> {
  const found = await findCollection(server.database, settings.collection)
  const sessions = new ReadSessions(server, context, settings.readConcern === 'snapshot')
  const collection = server.database.collection(settings.collection)
  await sessions.begin(collection)
  const since = await findSince(collection, settings, context)
  const notResumable = whyNotResumable(found, settings)
  const isPlain = found.kind === 'collection'
  const rows = isPlain ? await collection.estimatedDocumentCount() : 0
  const ranges =
    isPlain && notResumable === undefined
      ? await chooseRanges(collection, settings.partitions, rows, context)
      : [WHOLE]
  const isWhole =
    isPlain &&
    settings.pipeline.length === 0 &&
    Object.keys({ ...settings.filter, ...since.condition }).length === 0
  return new MongodbReader({
    server,
    sessions,
    collection: found,
    settings,
    query: new DocumentQuery(collection, settings, since.condition, notResumable === undefined),
    ranges,
    rows: isWhole ? rows : undefined,
    notResumable,
    since: since.after,
    position: since.position,
  })
}

function whyNotResumable(
  { idsAreLost }: FoundCollection,
  { pipeline }: MongodbSettings,
): string | undefined {
  if (idsAreLost !== undefined) return idsAreLost
  const why = whyIdsAreLost(pipeline)
  return why === undefined ? undefined : `in its pipeline, ${why}`
}
