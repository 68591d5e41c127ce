import assert from 'node:assert/strict'
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, test, type TestContext } from 'node:test'
import { dynoxideBinary } from '../../src/local/dynoxide-engine.js'
import type { LocalEngine } from '../../src/local/engine.js'
import { openLocal } from '../../src/local/open-local.js'
import { answers } from '../../src/local/probe.js'
import { callDynamodb, createTable, mustCallDynamodb } from '../support/call-dynamodb.js'
import { assertNoLeaks } from '../support/no-leaks.js'
import { temporaryFolder } from '../support/temporary-folder.js'

assertNoLeaks()

const USE_LOCAL = new URL('./use-local.ts', import.meta.url).pathname

interface Said {
  readonly endpoint?: string
  readonly owner?: boolean
  readonly engine?: LocalEngine
  readonly message?: string
  readonly closed?: boolean
}

class User {
  readonly child: ChildProcess
  readonly #lines: AsyncIterator<string>

  constructor(t: TestContext, stateDir: string, engine?: LocalEngine) {
    const words = [
      '--import',
      'tsx',
      USE_LOCAL,
      stateDir,
      ...(engine === undefined ? [] : [engine]),
    ]
    this.child = spawn(process.execPath, words, { stdio: ['pipe', 'pipe', 'inherit'] })
    const output = this.child.stdout
    assert.ok(output)
    this.#lines = createInterface({ input: output })[Symbol.asyncIterator]()
    t.after(() => this.kill())
  }

  /** The next line it says; empty when it has ended. */
  async hear(): Promise<Said> {
    const line = await this.#lines.next()
    return line.done === true ? {} : (JSON.parse(line.value) as Said)
  }

  letGo(): void {
    this.child.stdin?.end()
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const closed = once(this.child, 'close')
    this.child.kill('SIGKILL')
    await closed
  }
}

async function writeSome(endpoint: string, items: number): Promise<void> {
  await createTable(endpoint, 'some')
  for (let first = 0; first < items; first += 25) {
    const puts = Array.from({ length: Math.min(25, items - first) }, (_, i) => ({
      PutRequest: { Item: { pk: { S: `key ${first + i}` } } },
    }))
    await mustCallDynamodb(endpoint, 'BatchWriteItem', { RequestItems: { some: puts } })
  }
}

async function count(endpoint: string): Promise<unknown> {
  const { Count } = await mustCallDynamodb(endpoint, 'Scan', { TableName: 'some', Select: 'COUNT' })
  return Count
}

const ENGINES: readonly LocalEngine[] =
  dynoxideBinary() === undefined ? ['dynalite'] : ['dynalite', 'dynoxide']

for (const engine of ENGINES) {
  describe(engine, () => {
    test('keeps what was written, and its engine, for the next time', async (t) => {
      const stateDir = temporaryFolder()
      const first = await openLocal(stateDir, { engine })
      await writeSome(first.endpoint, 60)
      await first.close()
      assert.equal(await answers(first.endpoint), false)
      const second = await openLocal(stateDir)
      t.after(() => second.close())
      assert.deepEqual([second.engine, second.owner], [engine, true])
      assert.equal(await count(second.endpoint), 60)
    })

    test('loses nothing acknowledged when its owner is killed, and leaves none behind', async (t) => {
      const stateDir = temporaryFolder()
      const killed = new User(t, stateDir, engine)
      const { endpoint = '' } = await killed.hear()
      await writeSome(endpoint, 500)
      await killed.kill()
      while (await answers(endpoint)) await new Promise((resolve) => setTimeout(resolve, 10))
      const local = await openLocal(stateDir)
      t.after(() => local.close())
      assert.equal(local.owner, true)
      assert.equal(await count(local.endpoint), 500)
      assert.doesNotMatch(
        execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }),
        pattern(endpoint),
      )
    })

    test('says so when its data is damaged', async () => {
      const stateDir = temporaryFolder()
      await (await openLocal(stateDir, { engine })).close()
      damage(join(stateDir, 'local'), engine)
      await assert.rejects(openLocal(stateDir), { name: 'HeadraceError', code: 'LOCAL' })
      assert.deepEqual(readdirSync(join(stateDir, 'local')).includes('owner.json'), false)
    })
  })
}

function pattern(endpoint: string): RegExp {
  return new RegExp(`dynoxide.*--port ${new URL(endpoint).port}\\b`)
}

function damage(folder: string, engine: LocalEngine): void {
  if (engine === 'dynalite') return writeFileSync(join(folder, 'dynalite', 'CURRENT'), 'nonsense')
  for (const end of ['-wal', '-shm']) rmSync(join(folder, `dynoxide.sqlite${end}`), { force: true })
  writeFileSync(join(folder, 'dynoxide.sqlite'), 'nonsense '.repeat(1_000))
}

test('of processes that start at once, one owns and the others attach', async (t) => {
  const stateDir = temporaryFolder()
  const users = Array.from({ length: 4 }, () => new User(t, stateDir))
  const said = await Promise.all(users.map((user) => user.hear()))
  assert.equal(said.filter(({ owner }) => owner === true).length, 1)
  assert.equal(new Set(said.map(({ endpoint }) => endpoint)).size, 1)
})

test('the place of a dead owner is taken by one of many', async (t) => {
  const stateDir = temporaryFolder()
  const dead = new User(t, stateDir)
  await dead.hear()
  await dead.kill()
  const users = Array.from({ length: 4 }, () => new User(t, stateDir))
  const said = await Promise.all(users.map((user) => user.hear()))
  assert.equal(said.filter(({ owner }) => owner === true).length, 1)
  assert.equal(new Set(said.map(({ endpoint }) => endpoint)).size, 1)
})

test('the owner waits for those attached, but not for dead ones', async (t) => {
  const stateDir = temporaryFolder()
  const owner = new User(t, stateDir)
  const { endpoint = '' } = await owner.hear()
  const [leaving, dying] = [new User(t, stateDir), new User(t, stateDir)]
  assert.deepEqual(
    [await leaving.hear(), await dying.hear()].map((said) => said.owner),
    [false, false],
  )
  owner.letGo()
  assert.match((await owner.hear()).message ?? '', new RegExp(`\\b${leaving.child.pid}\\b`))
  await writeSome(endpoint, 30)
  await dying.kill()
  assert.match((await owner.hear()).message ?? '', new RegExp(` ${leaving.child.pid}, which uses`))
  assert.equal(await count(endpoint), 30)
  leaving.letGo()
  assert.deepEqual(await leaving.hear(), { closed: true })
  assert.deepEqual(await owner.hear(), { closed: true })
})

test('an aborted signal ends the waiting', async (t) => {
  const stateDir = temporaryFolder()
  const aborter = new AbortController()
  const local = await openLocal(stateDir, {
    signal: aborter.signal,
    onMessage: () => aborter.abort(),
  })
  const attached = new User(t, stateDir)
  await attached.hear()
  await local.close()
  assert.equal(aborter.signal.aborted, true)
})

test('within a process it is opened once, and closed by the last user', async () => {
  const stateDir = temporaryFolder()
  const [first, second] = await Promise.all([openLocal(stateDir), openLocal(stateDir)])
  assert.equal(first.endpoint, second.endpoint)
  await first.close()
  await first.close()
  assert.equal(await answers(second.endpoint), true)
  await second.close()
  assert.equal(await answers(second.endpoint), false)
})

test('a client that goes away in mid-request does no harm', async (t) => {
  const local = await openLocal(temporaryFolder())
  t.after(() => local.close())
  const { port } = new URL(local.endpoint)
  const socket = connect(Number(port), '127.0.0.1')
  socket.write('POST / HTTP/1.1\r\nHost: local\r\nContent-Length: 100\r\n\r\n{"Table')
  await new Promise((resolve) => setTimeout(resolve, 50))
  socket.destroy()
  await once(socket, 'close')
  assert.equal(await answers(local.endpoint), true)
})

// Shorter than the minute for which the server would keep the connection.
test('a connection in use at close does not hold it up', { timeout: 30_000 }, async () => {
  const local = await openLocal(temporaryFolder())
  await createTable(local.endpoint, 'some')
  const agent = new Agent({ keepAlive: true })
  const big = Array.from({ length: 25 }, (_, i) => ({
    PutRequest: { Item: { pk: { S: `key ${i}` }, x: { S: 'x'.repeat(100_000) } } },
  }))
  const input = { RequestItems: { some: big } }
  const writing = callDynamodb(local.endpoint, 'BatchWriteItem', input, { agent })
  await new Promise((resolve) => setTimeout(resolve, 20))
  await local.close()
  await Promise.allSettled([writing])
  agent.destroy()
})

test('its files are private', async (t) => {
  const stateDir = temporaryFolder()
  const local = await openLocal(stateDir)
  t.after(() => local.close())
  const folder = join(stateDir, 'local')
  assert.equal(statSync(folder).mode & 0o777, 0o700)
  assert.equal(statSync(join(folder, 'owner.json')).mode & 0o777, 0o600)
  assert.equal(readFileSync(join(folder, 'engine'), 'utf8'), 'dynalite\n')
})

describe('a folder that is not its own is refused and left alone', () => {
  test('with other files', async () => {
    const stateDir = temporaryFolder()
    mkdirSync(join(stateDir, 'local'))
    writeFileSync(join(stateDir, 'local', 'letter.txt'), 'dear')
    await assert.rejects(openLocal(stateDir), { code: 'LOCAL', message: /letter\.txt/ })
    assert.deepEqual(readdirSync(join(stateDir, 'local')), ['letter.txt'])
  })

  test('with another engine', async () => {
    const stateDir = temporaryFolder()
    mkdirSync(join(stateDir, 'local'))
    writeFileSync(join(stateDir, 'local', 'engine'), 'steam')
    await assert.rejects(openLocal(stateDir), { code: 'LOCAL', message: /"steam"/ })
  })

  test('a file in its place', async () => {
    const stateDir = temporaryFolder()
    writeFileSync(join(stateDir, 'local'), '')
    await assert.rejects(openLocal(stateDir), { code: 'LOCAL', message: /EEXIST/ })
  })
})
