import { join } from 'node:path/posix'
import { HeadraceError } from '../../core/errors.js'
import { eachAtMost } from '../../flow/each-at-most.js'
import { joined, type ExportStore } from './export-store.js'
import type { ExportManifest, ManifestFile } from './manifest.js'

/** A data file that was found. */
export interface DataFile extends ManifestFile {
  readonly path: string
  /** In bytes, as stored. */
  readonly size: number
}

const LOOKUPS_AT_ONCE = 16
const MISSING_SHOWN = 3

/**
 * Finds the data files of an export, in the order of its manifest.
 * @throws HeadraceError `SOURCE_NOT_FOUND` naming those that are absent
 */
export async function findDataFiles(
  store: ExportStore,
  folder: string,
  manifest: ExportManifest,
  inBucket: boolean,
  signal: AbortSignal,
): Promise<DataFile[]> {
  const found = new Map<ManifestFile, DataFile>()
  await eachAtMost(LOOKUPS_AT_ONCE, manifest.files, async (file) => {
    for (const path of placesOf(file.key, folder, inBucket ? manifest.prefix : undefined)) {
      const size = await store.sizeOf(path, signal)
      if (size === undefined) continue
      found.set(file, { ...file, path, size })
      return
    }
  })
  const missing = manifest.files.filter((file) => !found.has(file))
  if (missing.length === 0) return [...manifest.files].map((file) => found.get(file) as DataFile)
  const shown = missing.slice(0, MISSING_SHOWN).map(({ key }) => key)
  const more = missing.length > MISSING_SHOWN ? `, and ${missing.length - MISSING_SHOWN} more` : ''
  throw new HeadraceError(
    'SOURCE_NOT_FOUND',
    `${missing.length} of ${manifest.files.length} data files of the export in ` +
      `${store.nameOf(folder)} are absent: ${shown.join(', ')}${more}`,
    { hint: 'Nothing was read. Copy the data folder, too; manifests alone hold no items.' },
  )
}

/**
 * Where a data file may lie. Its key counts from the top of the bucket it was written to, some
 * without the export's prefix; a copy may start anywhere. Full exports have their data below
 * their own folder, incremental ones in a folder beside it that they share.
 * @param prefix that the export was written under, when it is read from a bucket
 */
function placesOf(key: string, folder: string, prefix: string | undefined): string[] {
  const name = key.slice(key.lastIndexOf('/') + 1)
  // The folder above: that of `.` is `..`, but a bucket has none above its topmost.
  const above = prefix === undefined ? join(folder, '..') : folder.replace(/\/?[^/]*$/, '')
  return [
    ...new Set([
      ...(prefix === undefined ? [] : [key, ...(prefix === '' ? [] : [joined(prefix, key)])]),
      joined(joined(folder, 'data'), name),
      joined(joined(above, 'data'), name),
      joined(folder, name),
    ]),
  ]
}
