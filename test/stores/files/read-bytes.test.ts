import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdirSync, readlinkSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { HeadraceError } from '../../../src/core/errors.js'
import { resolveInputFiles, type InputFile } from '../../../src/stores/files/input-files.js'
import { readBytes } from '../../../src/stores/files/read-bytes.js'

describe('readBytes', () => {
  const { signal } = new AbortController()
  let folder = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'headrace-bytes-'))
  })
  after(() => rm(folder, { recursive: true }))

  async function file(name: string, content: Uint8Array | string): Promise<InputFile> {
    await writeFile(join(folder, name), content)
    const [found] = await resolveInputFiles(join(folder, name))
    assert.ok(found)
    return found
  }

  async function all(input: InputFile, from = 0): Promise<Buffer> {
    const chunks: Buffer[] = []
    for await (const chunk of readBytes(input, { from, signal })) chunks.push(chunk)
    return Buffer.concat(chunks)
  }

  function openHandles(name: string): number {
    if (process.platform !== 'linux') return 0
    return readdirSync('/proc/self/fd').filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`) === join(folder, name)
      } catch {
        return false
      }
    }).length
  }

  const content = randomBytes(300_000)
  const offsets = [0, 1, 65_535, 65_536, 65_537, 299_999, 300_000, 400_000]

  test('plain, gzip and many-member gzip give the same bytes from any offset', async () => {
    const parts = [0, 1, 2].map((n) => gzipSync(content.subarray(n * 100_000, (n + 1) * 100_000)))
    const files = [
      await file('plain', content),
      await file('named-plain.gz', content),
      await file('packed.csv', gzipSync(content)),
      await file('members', Buffer.concat(parts)),
      await file('padded', Buffer.concat([...parts, Buffer.alloc(70_000)])),
    ]
    for (const input of files) {
      for (const from of offsets) {
        const expected = content.subarray(Math.min(from, content.length))
        assert.ok((await all(input, from)).equals(expected), `${input.label} from ${from}`)
      }
    }
  })

  test('empty files, plain and packed', async () => {
    assert.equal((await all(await file('empty', ''))).length, 0)
    assert.equal((await all(await file('empty.gz', gzipSync('')))).length, 0)
  })

  test('gzip that is cut off, damaged or followed by something is refused', async () => {
    const packed = gzipSync(content)
    const cut = packed.subarray(0, 200_000)
    const flipped = Buffer.from(packed)
    flipped[packed.length - 5] = (flipped[packed.length - 5] ?? 0) ^ 255
    const cases: readonly (readonly [string, Buffer, RegExp])[] = [
      ['cut.gz', cut, /cut\.gz is cut off.* byte 200000 of the file, after \d+ bytes/],
      ['header.gz', packed.subarray(0, 7), /is cut off/],
      ['damaged.gz', flipped, /damaged gzip data/],
      ['garbage.gz', Buffer.concat([packed, Buffer.from('garbage')]), /damaged gzip data/],
      [
        'hidden.gz',
        Buffer.concat([packed, Buffer.alloc(100_000), packed]),
        /goes on after the end of its gzip data/,
      ],
    ]
    for (const [name, bytes, message] of cases) {
      const input = await file(name, bytes)
      await assert.rejects(all(input), (error: HeadraceError) => {
        assert.equal(error.code, 'SOURCE_MALFORMED')
        assert.match(error.message, message)
        return true
      })
      assert.equal(openHandles(name), 0)
    }
  })

  test('other compressions are named, with a way out', async () => {
    const zstd = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0, 0, 0])
    const zip = Buffer.from('PK\u0003\u0004………')
    for (const [bytes, name] of [
      [zstd, 'zstd'],
      [zip, 'zip'],
    ] as const) {
      await assert.rejects(all(await file(`x.${name}`, bytes)), {
        code: 'SOURCE_MALFORMED',
        message: new RegExp(`compressed with ${name}`),
      })
    }
  })

  test('early return and abort close the file', async () => {
    for (const [name, bytes] of [
      ['early', content],
      ['early.gz', gzipSync(content)],
    ] as const) {
      const input = await file(name, bytes)
      for await (const chunk of readBytes(input, { signal })) {
        assert.ok(chunk.length > 0)
        assert.equal(openHandles(name), process.platform === 'linux' ? 1 : 0)
        break
      }
      assert.equal(openHandles(name), 0)

      const aborter = new AbortController()
      const reading = async (): Promise<void> => {
        for await (const _ of readBytes(input, { signal: aborter.signal })) {
          aborter.abort(new Error('enough'))
        }
      }
      await assert.rejects(reading(), /enough/)
      assert.equal(openHandles(name), 0)
    }
  })

  test('tells how much of the stored file was taken', async () => {
    const text = Buffer.from('a,b,c\n'.repeat(200_000))
    const input = await file('taken.gz', gzipSync(text))
    const bytes = readBytes(input, { signal })
    let before = 0
    for await (const _ of bytes) {
      assert.ok(bytes.taken >= before && bytes.taken <= (input.size ?? 0))
      before = bytes.taken
    }
    assert.equal(before, input.size)
  })

  test('a file that is gone when it is opened', async () => {
    const input = await file('gone', 'x')
    await rm(join(folder, 'gone'))
    await assert.rejects(all(input), { code: 'SOURCE_REFUSED' })
  })

  const script = `
    import { resolveInputFiles } from './src/stores/files/input-files.ts'
    import { readBytes } from './src/stores/files/read-bytes.ts'
    const [file] = await resolveInputFiles(process.env.INPUT)
    let bytes = 0
    for await (const chunk of readBytes(file, { signal: new AbortController().signal })) {
      bytes += chunk.length
      if (process.env.EARLY) break
    }
    process.stdout.write(String(bytes))`
  const args = ['--import', 'tsx', '--input-type=module', '-e', script]

  test('standard input, plain and packed', () => {
    for (const input of [content, gzipSync(content), Buffer.from('ab'), Buffer.alloc(0)]) {
      const env = { ...process.env, INPUT: '-' }
      const { stdout, stderr } = spawnSync(process.execPath, args, { input, env })
      const expected = input.length > 1_000 ? content.length : input.length
      assert.equal(stdout.toString(), String(expected), stderr.toString())
    }
  })

  test('returning early from standard input lets the process end', () => {
    const env = { ...process.env, INPUT: '-', EARLY: '1' }
    const packed = gzipSync(content)
    const { status } = spawnSync(process.execPath, args, { input: packed, env, timeout: 30_000 })
    assert.equal(status, 0)
  })

  test('a named pipe is a stream', { skip: process.platform === 'win32' }, () => {
    const pipe = join(folder, 'pipe')
    execFileSync('mkfifo', [pipe])
    const command = `printf 'a,b\\n1,2\\n' > '${pipe}' & exec "$0" "$@"`
    const env = { ...process.env, INPUT: pipe }
    const { stdout, stderr } = spawnSync('sh', ['-c', command, process.execPath, ...args], { env })
    assert.equal(stdout.toString(), '8', stderr.toString())
  })
})
