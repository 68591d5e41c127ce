import { HeadraceError } from '../../core/errors.js'
import { joined, type ExportStore } from './export-store.js'

export const SUMMARY_FILE = 'manifest-summary.json'
/** DynamoDB puts all exports of a prefix into a folder of this name. */
const EXPORTS_FOLDER = 'AWSDynamoDB'

/**
 * The folder of an export: the one named, that of the manifest named, or the only one below.
 * @throws HeadraceError `SOURCE_NOT_FOUND` where there is none, or several
 */
export async function findExport(
  store: ExportStore,
  given: string,
  signal: AbortSignal,
): Promise<string> {
  const folder = given.replace(/\/?manifest-(summary|files)\.json$/, '').replace(/(.)\/+$/, '$1')
  if (await isExport(store, folder, signal)) return folder
  const below = [
    ...(await store.foldersIn(folder, signal)),
    ...(await store.foldersIn(joined(folder, EXPORTS_FOLDER), signal)),
  ]
  const found: string[] = []
  for (const each of below) if (await isExport(store, each, signal)) found.push(each)
  const [only, ...others] = found
  if (only !== undefined && others.length === 0) return only
  throw found.length === 0
    ? await noExport(store, folder, signal)
    : new HeadraceError(
        'SOURCE_NOT_FOUND',
        `${store.nameOf(folder)} holds ${found.length} exports; expected one`,
        { hint: `Name one of them: ${found.slice(0, 5).join(', ')}${others[4] ? ', …' : ''}.` },
      )
}

async function isExport(store: ExportStore, folder: string, signal: AbortSignal): Promise<boolean> {
  return (await store.sizeOf(joined(folder, SUMMARY_FILE), signal)) !== undefined
}

async function noExport(
  store: ExportStore,
  folder: string,
  signal: AbortSignal,
): Promise<HeadraceError> {
  const name = store.nameOf(folder)
  if ((await store.sizeOf(joined(folder, '_started'), signal)) !== undefined) {
    return new HeadraceError('SOURCE_NOT_FOUND', `The export in ${name} is not finished`, {
      hint: `Its ${SUMMARY_FILE} comes last: look at it with aws dynamodb describe-export.`,
    })
  }
  return new HeadraceError('SOURCE_NOT_FOUND', `There is no export in ${name}`, {
    hint: `Name the folder that holds its ${SUMMARY_FILE}: …/${EXPORTS_FOLDER}/<export id>.`,
  })
}
