import type { S3Client } from '@aws-sdk/client-s3'
import { HeadraceError } from '../../core/errors.js'
import { requireKnownOptions } from '../../core/known-options.js'
import { excerpt } from '../../core/outcome.js'
import type { Described, SourceDefinition } from '../../core/source.js'
import type { S3Access } from '../../stores/s3/open-bucket.js'
import type { ExportInS3, FromDynamodbExportOptions } from './export-options.js'

/** Options checked: the folder to look in, and its bucket where there is one. */
export interface ExportSettings {
  readonly folder: string
  readonly s3: S3Access | undefined
}

/** @throws HeadraceError `PIPELINE_INVALID` saying what was expected */
export function exportSettings(options: FromDynamodbExportOptions): ExportSettings {
  requireKnownOptions('fromDynamodbExport', options, ['path', 's3'])
  const { path, s3 } = options
  if ((path === undefined) === (s3 === undefined)) {
    throw invalid('either `path` or `s3`', path === undefined ? 'neither' : 'both')
  }
  if (s3 !== undefined) return s3Settings(s3)
  if (typeof path !== 'string' || path === '') throw invalid('`path` to be a folder', path)
  return { folder: path, s3: undefined }
}

/** As the plan prints and hashes them. */
export function describeExportOptions({ folder, s3 }: ExportSettings): SourceDefinition['options'] {
  if (s3 === undefined) return { path: folder }
  const { client, ...access } = s3
  const described: { [option: string]: Described } = { ...access, prefix: folder }
  if (client !== undefined) described['client'] = 'given'
  return { s3: described }
}

function s3Settings(s3: ExportInS3): ExportSettings {
  requireKnownOptions('fromDynamodbExport `s3`', s3, [
    'bucket',
    'prefix',
    'region',
    'endpoint',
    'client',
  ])
  const { bucket, prefix = '', region, endpoint, client } = s3
  if (typeof bucket !== 'string' || bucket === '' || bucket.includes('/')) {
    throw invalid('`s3.bucket` to be the name of a bucket', bucket)
  }
  if (typeof prefix !== 'string') throw invalid('`s3.prefix` to be text', prefix)
  if (region !== undefined && !(typeof region === 'string' && /^[\w-]+$/.test(region))) {
    throw invalid("`s3.region` to be a region such as 'eu-west-1'", region)
  }
  if (endpoint !== undefined && !(/^https?:\/\/./.test(endpoint) && URL.canParse(endpoint))) {
    throw invalid("`s3.endpoint` to be a URL such as 'http://localhost:9000'", endpoint)
  }
  if (
    client !== undefined &&
    typeof (client as Partial<typeof client> | null)?.send !== 'function'
  ) {
    throw invalid('`s3.client` to be an S3Client of @aws-sdk/client-s3', typeof client)
  }
  if (client !== undefined && (region !== undefined || endpoint !== undefined)) {
    throw invalid('`s3.client` without `region` and `endpoint`, of which it has its own', 'both')
  }
  const s3Client = client as S3Client | undefined
  return { folder: prefix, s3: { bucket, region, endpoint, client: s3Client } }
}

function invalid(expected: string, got: unknown): HeadraceError {
  return new HeadraceError(
    'PIPELINE_INVALID',
    `fromDynamodbExport: expected ${expected}; got ${excerpt(got)}`,
  )
}
