import assert from 'node:assert/strict'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, test, type TestContext } from 'node:test'
import { openBucket } from '../../../src/stores/s3/open-bucket.js'
import { assertNoLeaks } from '../../support/no-leaks.js'
import { startS3 } from './start-s3.js'

assertNoLeaks()
process.env['AWS_ACCESS_KEY_ID'] = 'S3RVER'
process.env['AWS_SECRET_ACCESS_KEY'] = 'S3RVER'

const never = new AbortController().signal

async function bytesOf(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = []
  for await (const chunk of chunks) all.push(chunk)
  return Buffer.concat(all)
}

test('sizes, folders and bytes of a bucket', async (t) => {
  const { client } = await startS3(t)
  const { PutObjectCommand } = await import('@aws-sdk/client-s3')
  const large = Buffer.alloc(3_000_000, 'abc')
  for (const [Key, Body] of [
    ['a/1', Buffer.from('one')],
    ['a/b/2', large],
    ['a/c/3', Buffer.alloc(0)],
  ] as const) {
    await client.send(new PutObjectCommand({ Bucket: 'exports', Key, Body }))
  }
  const bucket = await openBucket({ bucket: 'exports', client })
  assert.equal(await bucket.sizeOf('a/1', never), 3)
  assert.equal(await bucket.sizeOf('a/none', never), undefined)
  assert.deepEqual(await bucket.foldersIn('a/', never), ['a/b/', 'a/c/'])
  assert.deepEqual(await bucket.foldersIn('', never), ['a/'])
  assert.deepEqual(await bytesOf(bucket.read('a/b/2', never)), large)
  assert.equal((await bytesOf(bucket.read('a/c/3', never))).length, 0)
  await assert.rejects(bytesOf(bucket.read('a/none', never)), { code: 'SOURCE_NOT_FOUND' })
  for await (const chunk of bucket.read('a/b/2', never)) {
    assert.ok(chunk.length > 0)
    break
  }
})

interface Get {
  readonly range: string | undefined
  readonly ifMatch: string | undefined
}

/** A server that answers each GET as told. */
async function startAnswering(
  t: TestContext,
  answer: (get: Get, response: ServerResponse, index: number) => void,
) {
  const gets: Get[] = []
  const server = createServer((request, response) => {
    const { range, 'if-match': ifMatch } = request.headers
    gets.push({ range, ifMatch })
    answer({ range, ifMatch }, response, gets.length - 1)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const bucket = await openBucket({ bucket: 'b', region: 'eu-west-1', endpoint })
  t.after(async () => {
    bucket.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { bucket, gets }
}

describe('a connection', () => {
  const content = Buffer.from('0123456789')

  test('that breaks is taken up where it broke, of the same object', async (t) => {
    const { bucket, gets } = await startAnswering(t, ({ range }, response, index) => {
      const from = Number(/bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0)
      const rest = content.subarray(from)
      response.writeHead(from === 0 ? 200 : 206, {
        'content-length': rest.length,
        etag: '"e"',
      })
      if (index === 2) response.end(rest)
      else response.write(rest.subarray(0, 3), () => response.destroy())
    })
    assert.equal(String(await bytesOf(bucket.read('k', never))), '0123456789')
    assert.deepEqual(gets, [
      { range: undefined, ifMatch: undefined },
      { range: 'bytes=3-', ifMatch: '"e"' },
      { range: 'bytes=6-', ifMatch: '"e"' },
    ])
  })

  test('that breaks again and again is given up', async (t) => {
    const { bucket } = await startAnswering(t, (_, response) => {
      response.writeHead(200, { 'content-length': 10, etag: '"e"' })
      response.flushHeaders()
      setImmediate(() => response.destroy())
    })
    await assert.rejects(bytesOf(bucket.read('k', never)), { code: 'SOURCE_UNREACHABLE' })
  })

  test('that stalls ends with the abort', async (t) => {
    const aborter = new AbortController()
    const { bucket } = await startAnswering(t, (_, response) => {
      response.writeHead(200, { 'content-length': 10, etag: '"e"' })
      response.write('0')
    })
    const chunks = bucket.read('k', aborter.signal)
    await chunks.next()
    const next = chunks.next()
    aborter.abort(new Error('enough'))
    await assert.rejects(next, { message: 'enough' })
  })

  test('that is refused is told by its reason', async (t) => {
    const refusals: readonly (readonly [number, string, string])[] = [
      [403, 'AccessDenied', 'CREDENTIALS'],
      [412, 'PreconditionFailed', 'SOURCE_REFUSED'],
      [403, 'InvalidObjectState', 'SOURCE_REFUSED'],
      [404, 'NoSuchBucket', 'SOURCE_NOT_FOUND'],
      [301, 'PermanentRedirect', 'SOURCE_REFUSED'],
      [400, 'ExpiredToken', 'CREDENTIALS'],
    ]
    for (const [status, name, code] of refusals) {
      const { bucket } = await startAnswering(t, (_, response) => {
        response.writeHead(status, { 'content-type': 'application/xml' })
        response.end(
          `<?xml version="1.0"?><Error><Code>${name}</Code><Message>no</Message></Error>`,
        )
      })
      await assert.rejects(bytesOf(bucket.read('k', never)), { code, message: new RegExp(name) })
    }
    const nowhere = await openBucket({ bucket: 'b', region: 'x', endpoint: 'http://127.0.0.1:1' })
    t.after(() => nowhere.close())
    await assert.rejects(nowhere.sizeOf('k', never), { code: 'SOURCE_UNREACHABLE' })
  })
})
