import { HeadraceError } from '../../core/errors.js'
import type { OpenContext, SourceReader } from '../../core/source.js'
import { openBucket } from '../../stores/s3/open-bucket.js'
import { findDataFiles } from './data-files.js'
import { ExportReader } from './export-reader.js'
import type { ExportSettings } from './export-settings.js'
import { rowReader } from './exported-row.js'
import { bucketStore, folderStore } from './export-store.js'
import { findExport } from './find-export.js'
import { readManifest } from './manifest.js'

/** Finds the export and all its files; reads none of them. */
export async function openExport<R>(
  { folder: given, s3 }: ExportSettings,
  { signal }: OpenContext,
): Promise<SourceReader<R>> {
  const store = s3 === undefined ? folderStore() : bucketStore(s3.bucket, await openBucket(s3))
  try {
    const folder = await findExport(store, given, signal)
    const manifest = await readManifest(store, folder, signal)
    const toRow = rowReader(manifest.format, manifest.kind)
    if (toRow === undefined) throw unreadable(manifest.format)
    const files = await findDataFiles(store, folder, manifest, s3 !== undefined, signal)
    return new ExportReader(store, manifest, files, toRow) as SourceReader<never>
  } catch (error) {
    store.close()
    throw error
  }
}

function unreadable(format: string): HeadraceError {
  return new HeadraceError(
    'SOURCE_REFUSED',
    `The export is in the format ${format}; DYNAMODB_JSON and ION are read`,
    { hint: 'Export the table with --export-format DYNAMODB_JSON.' },
  )
}
