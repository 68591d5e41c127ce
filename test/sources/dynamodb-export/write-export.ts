import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'

export interface ExportSpec {
  /** Lines of each data file: as objects, or as the texts they are. */
  readonly files: readonly (readonly (object | string)[])[]
  /** Prefix of the bucket; part of the folder, and of the data files' keys if asked for. */
  readonly prefix?: string
  readonly keysWithPrefix?: boolean
  readonly gzip?: boolean
  readonly incremental?: boolean
  readonly format?: string
  /** Name of the checksum files. @default 'md5' */
  readonly checksums?: 'md5' | 'checksum'
  /** Changes what the manifests say. */
  readonly summary?: object
}

export const EXPORT_ID = '01668227450456-b6733290'

/** Writes an export below `root` as DynamoDB lays it out in a bucket; gives its own folder. */
export function writeExport(root: string, spec: ExportSpec): string {
  const { files, prefix, gzip = true, incremental = false, checksums = 'md5' } = spec
  const top = join(prefix ?? '', 'AWSDynamoDB')
  const folder = join(root, top, EXPORT_ID)
  const dataFolder = incremental ? join(top, 'data') : join(top, EXPORT_ID, 'data')
  const listed = files.map((lines, index) => {
    const text = lines
      .map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`)
      .join('')
    const stored = gzip ? gzipSync(text) : Buffer.from(text)
    const key = join(dataFolder, `file${index}.json${gzip ? '.gz' : ''}`)
    write(join(root, key), stored)
    return {
      itemCount: lines.length,
      md5Checksum: md5(stored),
      etag: `${md5(stored)}-1`,
      dataFileS3Key: spec.keysWithPrefix === false ? key.slice((prefix ?? '').length + 1) : key,
    }
  })
  const summary = {
    version: incremental ? '2023-08-01' : '2020-06-30',
    exportArn: `arn:aws:dynamodb:eu-west-1:123456789012:table/app/export/${EXPORT_ID}`,
    tableArn: 'arn:aws:dynamodb:eu-west-1:123456789012:table/app',
    s3Bucket: 'exports',
    s3Prefix: prefix ?? null,
    manifestFilesS3Key: join(top, EXPORT_ID, 'manifest-files.json'),
    itemCount: files.reduce((sum, lines) => sum + lines.length, 0),
    outputFormat: spec.format ?? 'DYNAMODB_JSON',
    ...(incremental ? { exportType: 'INCREMENTAL_EXPORT', outputView: 'NEW_AND_OLD_IMAGES' } : {}),
    ...spec.summary,
  }
  const manifests = {
    'manifest-summary': JSON.stringify(summary),
    'manifest-files': listed.map((line) => `${JSON.stringify(line)}\n`).join(''),
  }
  for (const [name, text] of Object.entries(manifests)) {
    write(join(folder, `${name}.json`), Buffer.from(text))
    write(join(folder, `${name}.${checksums}`), Buffer.from(md5(Buffer.from(text))))
  }
  write(join(folder, '_started'), Buffer.alloc(0))
  return folder
}

function write(path: string, bytes: Buffer): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, bytes)
}

function md5(bytes: Buffer): string {
  return createHash('md5').update(bytes).digest('base64')
}
