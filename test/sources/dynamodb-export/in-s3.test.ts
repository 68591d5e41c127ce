import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { standaloneContext, type Source } from '../../../src/core/route.js'
import type { SourceReader } from '../../../src/core/source.js'
import { fromDynamodbExport } from '../../../src/sources/from-dynamodb-export.js'
import { startS3, upload } from '../../stores/s3/start-s3.js'
import { assertNoLeaks } from '../../support/no-leaks.js'
import { temporaryFolder } from '../../support/temporary-folder.js'
import { EXPORT_ID, writeExport, type ExportSpec } from './write-export.js'

assertNoLeaks()

const never = new AbortController().signal
const lineOf = (n: number) => ({ Item: { pk: { S: `k${n}` }, n: { N: String(n) } } })
const files = [[lineOf(0), lineOf(1)], [], [lineOf(2)]]

async function opened<R extends object>(t: TestContext, source: Source<R>) {
  const reader = await source.source.open(standaloneContext(never))
  t.after(() => reader.close())
  return reader as SourceReader<R>
}

async function numbersOf(t: TestContext, source: Source<{ readonly n: number }>) {
  const reader = await opened(t, source)
  const numbers: number[] = []
  for (const partition of reader.partitions) {
    for await (const { rows } of reader.read(partition, undefined, 0, never)) {
      numbers.push(...rows.map(({ n }) => n))
    }
  }
  return numbers
}

async function uploaded(t: TestContext, spec: ExportSpec) {
  const s3 = await startS3(t)
  const root = temporaryFolder()
  writeExport(root, spec)
  await upload(s3.client, root)
  return s3
}

describe('an export in S3', () => {
  test('is read by its prefix, from above, or as the only one of the bucket', async (t) => {
    const { client } = await uploaded(t, { files, prefix: 'a/b' })
    for (const prefix of [
      `a/b/AWSDynamoDB/${EXPORT_ID}`,
      `a/b/AWSDynamoDB/${EXPORT_ID}/manifest-summary.json`,
      'a/b/AWSDynamoDB/',
      'a/b',
    ]) {
      const source = fromDynamodbExport<{ n: number }>({
        s3: { bucket: 'exports', prefix, client },
      })
      assert.deepEqual(await numbersOf(t, source), [0, 1, 2], prefix)
    }
    const { client: topmost } = await uploaded(t, { files })
    const source = fromDynamodbExport<{ n: number }>({ s3: { bucket: 'exports', client: topmost } })
    assert.deepEqual(await numbersOf(t, source), [0, 1, 2])
  })

  test('data keys may lack the prefix of the export', async (t) => {
    const spec = { files, prefix: 'a', keysWithPrefix: false }
    const { client } = await uploaded(t, spec)
    const s3 = { bucket: 'exports', prefix: 'a', client }
    assert.deepEqual(await numbersOf(t, fromDynamodbExport({ s3 })), [0, 1, 2])
  })

  test('is reached by region and endpoint alone', async (t) => {
    const { endpoint } = await uploaded(t, { files })
    process.env['AWS_ACCESS_KEY_ID'] = 'S3RVER'
    process.env['AWS_SECRET_ACCESS_KEY'] = 'S3RVER'
    const s3 = { bucket: 'exports', region: 'eu-west-1', endpoint }
    assert.deepEqual(await numbersOf(t, fromDynamodbExport({ s3 })), [0, 1, 2])
  })

  test('missing data, buckets and exports are told apart', async (t) => {
    const { client } = await uploaded(t, { files })
    const { DeleteObjectCommand } = await import('@aws-sdk/client-s3')
    const Key = `AWSDynamoDB/${EXPORT_ID}/data/file2.json.gz`
    await client.send(new DeleteObjectCommand({ Bucket: 'exports', Key }))
    await assert.rejects(opened(t, fromDynamodbExport({ s3: { bucket: 'exports', client } })), {
      code: 'SOURCE_NOT_FOUND',
      message: /^1 of 3 data files of the export in s3:\/\/exports\/.*file2/,
    })
    const none = { bucket: 'exports', prefix: 'none', client }
    await assert.rejects(opened(t, fromDynamodbExport({ s3: none })), {
      code: 'SOURCE_NOT_FOUND',
      message: 'There is no export in s3://exports/none',
    })
    await assert.rejects(opened(t, fromDynamodbExport({ s3: { bucket: 'nowhere', client } })), {
      code: 'SOURCE_NOT_FOUND',
      message: /NoSuchBucket/,
    })
  })
})
