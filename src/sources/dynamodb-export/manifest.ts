import { createHash } from 'node:crypto'
import { HeadraceError } from '../../core/errors.js'
import { joined, type ExportStore } from './export-store.js'
import { SUMMARY_FILE } from './find-export.js'

const FILES_FILE = 'manifest-files.json'

/** What an export says of itself. */
export interface ExportManifest {
  readonly exportArn: string
  readonly table: string
  readonly kind: 'full' | 'incremental'
  readonly format: string
  /** Prefix of the bucket that it was written to; `''` without one. */
  readonly prefix: string
  readonly files: readonly ManifestFile[]
  /** Of the list of files: changes when the export is another one. */
  readonly md5: string
}

export interface ManifestFile {
  readonly itemCount: number
  /** Of the file as stored, in base64. */
  readonly md5: string
  /** As written by DynamoDB, with the export's prefix or without. */
  readonly key: string
}

/**
 * Reads the manifests of an export, and holds them against each other and their checksum files.
 * @throws HeadraceError `SOURCE_NOT_FOUND`, `SOURCE_MALFORMED`
 */
export async function readManifest(
  store: ExportStore,
  folder: string,
  signal: AbortSignal,
): Promise<ExportManifest> {
  const summaryPath = joined(folder, SUMMARY_FILE)
  const summary = parsed(store.nameOf(summaryPath), await readChecked(store, summaryPath, signal))
  const filesPath = joined(folder, FILES_FILE)
  const text = await readChecked(store, filesPath, signal)
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const files = lines.map((line, index) => fileOf(`${store.nameOf(filesPath)}:${index + 1}`, line))
  const counted = files.reduce((sum, { itemCount }) => sum + itemCount, 0)
  const said = summary['itemCount']
  if (said !== undefined && said !== counted) {
    throw malformed(
      store.nameOf(filesPath),
      `its files have ${counted} items in all, ${SUMMARY_FILE} says ${JSON.stringify(said)}`,
    )
  }
  const { exportArn, tableArn, outputFormat, exportType, s3Prefix } = summary
  return {
    exportArn: textOf(exportArn) ?? '',
    table: (textOf(tableArn) ?? '').replace(/^.*:table\//, ''),
    kind: exportType === 'INCREMENTAL_EXPORT' ? 'incremental' : 'full',
    format: textOf(outputFormat) ?? 'DYNAMODB_JSON',
    prefix: textOf(s3Prefix) ?? '',
    files,
    md5: md5Of(Buffer.from(text)),
  }
}

/** A manifest, compared with the checksum that lies beside it, under either of two names. */
async function readChecked(store: ExportStore, path: string, signal: AbortSignal): Promise<string> {
  const bytes = await readWhole(store, path, signal)
  for (const extension of ['md5', 'checksum']) {
    const beside = path.replace(/json$/, extension)
    if ((await store.sizeOf(beside, signal)) === undefined) continue
    const expected = (await readWhole(store, beside, signal)).toString('latin1').trim()
    const got = md5Of(bytes)
    if (expected !== got) {
      throw malformed(store.nameOf(path), `its MD5 is ${got}, ${beside} says ${expected}`)
    }
  }
  return bytes.toString('utf8')
}

async function readWhole(store: ExportStore, path: string, signal: AbortSignal): Promise<Buffer> {
  if ((await store.sizeOf(path, signal)) === undefined) {
    throw new HeadraceError('SOURCE_NOT_FOUND', `There is no ${store.nameOf(path)}`, {
      hint: 'Copy the whole folder of the export, manifests included.',
    })
  }
  const chunks: Buffer[] = []
  for await (const chunk of store.read(path, signal)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function fileOf(place: string, line: string): ManifestFile {
  const { itemCount, md5Checksum, dataFileS3Key } = parsed(place, line)
  const md5 = textOf(md5Checksum)
  const key = textOf(dataFileS3Key)
  if (!Number.isSafeInteger(itemCount) || md5 === undefined || key === undefined) {
    throw malformed(place, 'expected itemCount, md5Checksum and dataFileS3Key')
  }
  return { itemCount: itemCount as number, md5, key }
}

function parsed(place: string, text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // Told below, as what is JSON but no object is.
  }
  throw malformed(place, 'expected a JSON object')
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function md5Of(bytes: Buffer): string {
  return createHash('md5').update(bytes).digest('base64')
}

function malformed(place: string, why: string): HeadraceError {
  return new HeadraceError('SOURCE_MALFORMED', `${place} is not as DynamoDB writes it: ${why}`, {
    hint: 'Copy the export again, or export the table again.',
  })
}
