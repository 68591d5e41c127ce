import { readdirSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { S3Client } from '@aws-sdk/client-s3'
import { temporaryFolder } from '../../support/temporary-folder.js'

interface S3rver {
  configureBuckets(): Promise<unknown>
  callback(): Parameters<typeof createServer>[1]
}

type S3rverClass = new (options: object) => S3rver

/** A server of S3's protocol of this test's own, with one empty bucket `exports`. */
export async function startS3(
  t: Pick<TestContext, 'after'>,
): Promise<{ readonly endpoint: string; readonly client: S3Client; readonly server: Server }> {
  const S3rver = createRequire(import.meta.url)('s3rver') as S3rverClass
  const s3 = new S3rver({
    directory: temporaryFolder(),
    silent: true,
    configureBuckets: [{ name: 'exports' }],
  })
  await s3.configureBuckets()
  const server = createServer(s3.callback())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { S3Client } = await import('@aws-sdk/client-s3')
  const client = new S3Client({
    endpoint,
    forcePathStyle: true,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
  })
  t.after(async () => {
    client.destroy()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { endpoint, client, server }
}

/** Puts the files below a folder into the bucket, under their paths in it. */
export async function upload(client: S3Client, folder: string): Promise<void> {
  const { PutObjectCommand } = await import('@aws-sdk/client-s3')
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  for (const entry of entries) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    await client.send(
      new PutObjectCommand({
        Bucket: 'exports',
        Key: path.slice(folder.length + 1),
        Body: readFileSync(path),
      }),
    )
  }
}
