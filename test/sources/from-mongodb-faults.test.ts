import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { AbstractCursor, type Document, type Long } from 'mongodb'
import { HeadraceError } from '../../src/core/errors.js'
import { standaloneContext } from '../../src/core/route.js'
import type { RowBatch } from '../../src/core/row-batch.js'
import type { OpenContext, SourceReader } from '../../src/core/source.js'
import { fromMongodb, type MongodbOptions } from '../../src/sources/from-mongodb.js'
import {
  createMongodbDatabase,
  MONGODB_SERVER,
  openDatabase,
  type MongodbDatabase,
} from '../support/mongodb.js'
import {
  startStandIn,
  type StandIn,
  type StandInOptions,
} from '../support/mongodb-stand-in/start-stand-in.js'
import { assertNoLeaks } from '../support/no-leaks.js'
import { openTcpProxy } from '../support/tcp-proxy.js'

assertNoLeaks()

type Given = Partial<MongodbOptions>

const COUNT = 300
const numbered: Document[] = Array.from({ length: COUNT }, (_, _id) => ({ _id, of: [1, 2] }))
const ids = numbered.map(({ _id: id }) => id as number)

function open(
  { place }: Pick<MongodbDatabase, 'place'>,
  options: Given = {},
  context: Partial<OpenContext> = {},
): Promise<SourceReader> {
  const given = { ...place, collection: 'rows', batchSize: 20, ...options }
  return fromMongodb(given).source.open({
    ...standaloneContext(new AbortController().signal),
    ...context,
  })
}

/** The _ids read; `between` is called behind each batch. */
async function idsOf(
  reader: SourceReader,
  between: (batch: RowBatch, index: number) => Promise<void> | void = () => undefined,
): Promise<number[]> {
  const found: number[] = []
  try {
    let index = 0
    for (const partition of reader.partitions) {
      const { signal } = new AbortController()
      for await (const batch of reader.read(partition, undefined, 0, signal)) {
        found.push(...batch.rows.map((row) => (row as { _id: number })._id))
        await between(batch, index)
        index += 1
      }
    }
  } finally {
    await reader.close()
  }
  return found
}

/** Numbers of the cursors that documents come from, as the driver learns them. */
function watchCursors(t: TestContext): Long[] {
  const cursors: Long[] = []
  // Called with the cursor as `this` below.
  // oxlint-disable-next-line typescript/unbound-method
  const { readBufferedDocuments } = AbstractCursor.prototype
  t.mock.method(
    AbstractCursor.prototype,
    'readBufferedDocuments',
    function (this: AbstractCursor, count?: number) {
      if (this.id !== undefined && !this.id.isZero()) cursors.push(this.id)
      return readBufferedDocuments.call(this, count)
    },
  )
  return cursors
}

async function refusal(work: Promise<unknown>): Promise<HeadraceError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  assert.ok(HeadraceError.is(error), String(error))
  return error
}

async function standIn(
  t: TestContext,
  options: StandInOptions = {},
): Promise<MongodbDatabase & { readonly server: StandIn }> {
  const server = await startStandIn(options)
  t.after(() => server.close())
  const here = await openDatabase(t, server.url)
  await here.database.collection('rows').insertMany(numbered)
  return { ...here, server }
}

describe(`what goes wrong while ${MONGODB_SERVER} is read`, () => {
  test('cursors that are killed by another client are replaced', async (t) => {
    const here = await createMongodbDatabase(t)
    await here.database.collection('rows').insertMany(numbered)
    const killed: unknown[] = []
    const cursors = watchCursors(t)
    const found = await idsOf(await open(here), async (_, index) => {
      const cursor = cursors.at(-1)
      if (index % 4 !== 1 || cursor === undefined) return
      const answer = await here.database.command({ killCursors: 'rows', cursors: [cursor] })
      killed.push(...((answer['cursorsKilled'] as unknown[] | undefined) ?? []))
    })
    assert.deepEqual(found, ids)
    assert.ok(killed.length > 0)
  })

  test('a connection that breaks again and again', async (t) => {
    const here = await createMongodbDatabase(t)
    await here.database.collection('rows').insertMany(numbered)
    const [first] = here.database.client.options.hosts
    const proxy = await openTcpProxy(first?.port ?? 27_017)
    t.after(() => proxy.stop())
    const connection = here.place.connection.replace(
      /(\/\/(?:[^/]*@)?)[^/]+/,
      `$1127.0.0.1:${proxy.port}`,
    )
    const direct = `${connection}${connection.includes('?') ? '&' : '?'}directConnection=true`
    const reader = await open(here, { connection: direct })
    const found = await idsOf(reader, async (_, index) => {
      if (index % 5 !== 1) return
      await proxy.stop()
      await proxy.start()
    })
    assert.deepEqual(found, ids)
  })

  test('a server that is gone for good is an error, after a while', async (t) => {
    const here = await createMongodbDatabase(t)
    await here.database.collection('rows').insertMany(numbered)
    const [first] = here.database.client.options.hosts
    const proxy = await openTcpProxy(first?.port ?? 27_017)
    t.after(() => proxy.stop())
    const connection = `mongodb://127.0.0.1:${proxy.port}/?directConnection=true`
    const reader = await open(here, { connection, connectTimeoutMs: 1_000 })
    const error = await refusal(
      idsOf(reader, async (_, index) => {
        if (index === 1) await proxy.stop()
      }),
    )
    assert.equal(error.code, 'SOURCE_UNREACHABLE')
    assert.match(error.message, /\.rows/)
  })

  test('a collection or a stage that there is not, and no database', async (t) => {
    const here = await createMongodbDatabase(t)
    await here.database.collection('rows').insertMany(numbered)
    const missing = await refusal(open(here, { collection: 'row' }))
    assert.equal(missing.code, 'SOURCE_NOT_FOUND')
    assert.equal(missing.hint, 'Did you mean rows?')
    const pipeline = [{ $nothing: {} }]
    const error = await refusal(open(here, { pipeline }).then((reader) => idsOf(reader)))
    assert.equal(error.code, 'SOURCE_REFUSED')
    assert.match(error.message, /\$nothing/)
    const unnamed = await refusal(
      open({ place: { ...here.place } }, { database: undefined as never }),
    )
    assert.equal(unnamed.code, 'PIPELINE_INVALID')
  })
})

describe('over a stand-in that fails on request', () => {
  test('goes on where cursors time out and servers step down', async (t) => {
    let reads = 0
    const codes = [43, 189, 11_600, 237, 206]
    const here = await standIn(t, {
      before: (name) => {
        if (name !== 'getMore') return undefined
        reads += 1
        if (reads % 3 !== 0) return undefined
        if (reads % 2 === 0) return 'hang up'
        return { code: codes[reads % codes.length] ?? 43, errmsg: 'gone' }
      },
    })
    assert.deepEqual(await idsOf(await open(here)), ids)
    assert.ok(reads > 10)
  })

  test('an aggregation that cannot be gone on with ends, and says why it may', async (t) => {
    const here = await standIn(t, {
      before: (name) => (name === 'getMore' ? { code: 43, errmsg: 'cursor not found' } : undefined),
    })
    const reader = await open(here, { pipeline: [{ $unwind: '$of' }] })
    assert.match(reader.notResumable ?? '', /in its pipeline, \$unwind/)
    const error = await refusal(idsOf(reader))
    assert.equal(error.code, 'SOURCE_UNREACHABLE')
  })

  test('who may not list collections may read them; who may not read is told so', async (t) => {
    const here = await standIn(t, {
      before: (name, command) => {
        const all = name === 'listCollections' && command['nameOnly'] !== true
        return all ? { code: 13, errmsg: 'not authorized on db' } : undefined
      },
    })
    assert.deepEqual(await idsOf(await open(here)), ids)
    const closed = await standIn(t, {
      before: (name) => (name === 'find' ? { code: 13, errmsg: 'not authorized' } : undefined),
    })
    const error = await refusal(open(closed).then((reader) => idsOf(reader)))
    assert.equal(error.code, 'CREDENTIALS')
    assert.match(error.hint ?? '', /Grant/)
  })

  test('no server, a wrong user, a string that is none: without the password', async (t) => {
    const here = await standIn(t)
    const host = here.place.connection.replace(/^.*?\/\/(?:[^/]*@)?([^/?]+).*$/, '$1')
    const cases = [
      ['mongodb://127.0.0.1:9/', 'SOURCE_UNREACHABLE'],
      [`mongodb://bob:hunter2@${host}/`, 'CREDENTIALS'],
      ['mongodb://bob:hunter2/9@127.0.0.1/', 'SOURCE_UNREACHABLE'],
      ['mongodb://bob:hunter2%@127.0.0.1/', 'SOURCE_UNREACHABLE'],
      ['mongodb://bob:hunter2@127.0.0.1:9/?hunter=1', 'SOURCE_UNREACHABLE'],
    ] as const
    for (const [connection, code] of cases) {
      const error = await refusal(open(here, { connection, connectTimeoutMs: 2_000 }))
      assert.equal(error.code, code, connection)
      assert.doesNotMatch(`${error.message} ${error.hint}`, /hunter2/)
      assert.ok(error.hint)
    }
  })

  test('an early end kills the cursor', async (t) => {
    const here = await standIn(t)
    const reader = await open(here)
    const [partition] = reader.partitions
    assert.ok(partition)
    const batches = reader.read(partition, undefined, 0, new AbortController().signal)
    for await (const _ of batches) {
      assert.equal(here.server.openCursors(), 1)
      break
    }
    assert.equal(here.server.openCursors(), 0)
    await reader.close()
  })

  test('an abort in the middle of an answer that never comes', async (t) => {
    const aborter = new AbortController()
    const here = await standIn(t, {
      before: (name) => {
        if (name === 'getMore') setImmediate(() => aborter.abort(new Error('enough')))
      },
    })
    const reader = await open(here)
    const [partition] = reader.partitions
    assert.ok(partition)
    await assert.rejects(async () => {
      for await (const _ of reader.read(partition, undefined, 0, aborter.signal)) {
        await new Promise((resolve) => setImmediate(resolve))
      }
    }, /enough/)
    await reader.close()
  })
})

describe('snapshots', () => {
  test('none is promised, so that none may be required', async (t) => {
    const here = await standIn(t)
    const reader = await open(here)
    assert.equal(reader.consistency, 'none')
    await reader.close()
    const error = await refusal(open(here, {}, { requireSnapshot: true }))
    assert.equal(error.code, 'SOURCE_REFUSED')
    assert.match(error.hint ?? '', /readConcern: 'snapshot'/)
    const alone = await refusal(open(here, { readConcern: 'snapshot' }))
    assert.equal(alone.code, 'SOURCE_REFUSED')
    assert.match(alone.message, /stands alone/)
  })

  test('a replica set gives one, for as long as it keeps it', async (t) => {
    let tooOld = false
    const levels: unknown[] = []
    const here = await standIn(t, {
      replicaSet: true,
      before: (name, command) => {
        const { level } = (command['readConcern'] ?? {}) as { readonly level?: unknown }
        if (name === 'find') levels.push(level)
        if (name !== 'getMore' || !tooOld) return undefined
        tooOld = false
        return { code: 239, errmsg: 'snapshot too old' }
      },
    })
    const whole = await open(here, { readConcern: 'snapshot' }, { requireSnapshot: true })
    assert.deepEqual(await idsOf(whole), ids)
    assert.equal(whole.consistency, 'snapshot')
    assert.ok(levels.every((level) => level === 'snapshot'))
    const warnings: string[] = []
    const mixed = await open(
      here,
      { readConcern: 'snapshot' },
      { warn: (message) => warnings.push(message) },
    )
    tooOld = true
    assert.deepEqual(await idsOf(mixed), ids)
    assert.equal(mixed.consistency, 'mixed')
    assert.equal(warnings.length, 1)
    const strict = await open(here, { readConcern: 'snapshot' }, { requireSnapshot: true })
    tooOld = true
    assert.equal((await refusal(idsOf(strict))).code, 'SOURCE_REFUSED')
    const resumed = { requireSnapshot: true, earlier: { resumed: true } }
    const again = await refusal(open(here, { readConcern: 'snapshot' }, resumed))
    assert.equal(again.code, 'SOURCE_REFUSED')
  })
})

describe('options', () => {
  const right = { connection: 'mongodb://h/d', collection: 'c' }

  test('what is wrong is refused at once', () => {
    const wrong: readonly (readonly [object, RegExp])[] = [
      [{ connection: 'postgres://u:hunter2@h/d' }, /begin with mongodb:/],
      [{ collection: '' }, /`collection`/],
      [{ colection: 'x' }, /no option `colection`/],
      [{ filter: [] }, /`filter`/],
      [{ projection: { _id: '$x' } }, /`projection._id`/],
      [{ pipeline: {} }, /`pipeline`/],
      [{ pipeline: [{ $out: 'x' }] }, /only read/],
      [{ pipeline: [], filter: {} }, /`filter` or `pipeline`, not both/],
      [{ pipeline: [], projection: {} }, /`projection` or `pipeline`, not both/],
      [{ readPreference: 'fastest' }, /`readPreference`.*nearest/],
      [{ readConcern: 'weak' }, /`readConcern`/],
      [{ batchSize: 0 }, /`batchSize`.*1 to 100000/],
      [{ partitions: 1.5 }, /`partitions`/],
      [{ types: { a: 'text' } }, /`types.a`/],
      [{ since: { field: 'a' } }, /no option `field`/],
      [{ connectTimeoutMs: 1 }, /`connectTimeoutMs`/],
    ]
    for (const [options, message] of wrong) {
      assert.throws(
        () => fromMongodb({ ...right, ...options } as MongodbOptions),
        (error) =>
          HeadraceError.is(error) &&
          error.code === 'PIPELINE_INVALID' &&
          message.test(error.message) &&
          !error.message.includes('hunter2'),
        JSON.stringify(options),
      )
    }
  })

  test('are told without secrets, and with all that a query holds', () => {
    const { options } = fromMongodb({
      ...right,
      connection: 'mongodb://bob:hunter2@h1,h2/d?tls=true',
      filter: { at: { $gt: new Date(0) }, n: 5n, name: /a/i },
    }).source
    assert.equal(options['connection'], 'h1,h2/d')
    const text = JSON.stringify(options)
    assert.match(text, /1970-01-01.*5n.*\/a\/i/)
    assert.doesNotMatch(text, /hunter2|bob/)
  })
})
