import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { BSON } from 'mongodb'
import { checksum, definePipeline, map, run, toDynamodb, type RunOptions } from '../../src/index.js'
import type { NumberValue } from '../../src/core/number-value.js'
import { fromMongodb } from '../../src/sources/from-mongodb.js'
import { startDynamodb } from '../support/dynamodb.js'
import { createMongodbDatabase, MONGODB_SERVER } from '../support/mongodb.js'
import { assertNoLeaks } from '../support/no-leaks.js'
import { openTcpProxy } from '../support/tcp-proxy.js'
import { temporaryFolder } from '../support/temporary-folder.js'

assertNoLeaks()

const COUNT = 5_000

interface Order {
  readonly _id: string | number
  readonly lines: readonly { readonly sku: string; readonly price: NumberValue | number }[]
}

/** Orders with lines inside, and a pipeline that makes an item of each, through a proxy. */
async function place(t: TestContext) {
  const { database, place: given } = await createMongodbDatabase(t)
  const { endpoint } = await startDynamodb(t)
  process.env['AWS_ACCESS_KEY_ID'] = 'test'
  process.env['AWS_SECRET_ACCESS_KEY'] = 'test'
  const orders = Array.from({ length: COUNT }, (_, index) => ({
    _id: (index % 3 === 0 ? `o${index}` : index % 3 === 1 ? index : new BSON.ObjectId()) as never,
    lines: Array.from({ length: index % 3 }, (_unused, line) => ({ sku: `s${line}`, price: 1.5 })),
  }))
  await database.collection('orders').insertMany(orders)
  const [host] = database.client.options.hosts
  const proxy = await openTcpProxy(host?.port ?? 27_017)
  t.after(() => proxy.stop())
  const url = given.connection.replace(/(\/\/(?:[^/]*@)?)[^/]+/, `$1127.0.0.1:${proxy.port}`)
  const connection = `${url}${url.includes('?') ? '&' : '?'}directConnection=true`
  let mapped = 0
  const disturbance = { atRow: 0, happens: (): void => undefined }
  const pipeline = definePipeline({
    name: 'orders',
    flow: fromMongodb<Order>({
      connection,
      database: given.database,
      collection: 'orders',
      batchSize: 200,
      connectTimeoutMs: 1_000,
    })
      .pipe(
        map(({ _id: id, lines }) => {
          mapped += 1
          if (mapped === disturbance.atRow) disturbance.happens()
          const pk = `${typeof id}#${id}`
          return [
            { pk, sk: 'ORDER' },
            ...lines.map((line, index) => ({ pk, sk: `LINE#${index}`, ...line })),
          ]
        }),
      )
      .to(
        toDynamodb({
          table: 'orders',
          partitionKey: 'pk',
          sortKey: 'sk',
          create: {},
          endpoint,
          region: 'local',
        }),
      ),
    verify: checksum(),
    limits: { rewrites: 2_000 },
  })
  const options: RunOptions = { stateDir: join(temporaryFolder(), 'state') }
  const items = orders.reduce((sum, { lines }) => sum + 1 + lines.length, 0)
  return { pipeline, options, proxy, disturbance, items }
}

test(`embedded lines of ${MONGODB_SERVER} become items, over a broken connection`, async (t) => {
  const here = await place(t)
  here.disturbance.atRow = 2_500
  here.disturbance.happens = () => void here.proxy.stop().then(() => here.proxy.start())
  const summary = await run(here.pipeline, here.options)
  assert.equal(summary.status, 'succeeded')
  assert.equal(summary.rows.stored, COUNT)
  assert.equal(summary.items.stored, here.items)
  assert.equal(summary.verification.status, 'match')
  assert.equal(summary.consistency, 'none')
})

test(`a run that lost ${MONGODB_SERVER} is resumed when it is back`, async (t) => {
  const here = await place(t)
  here.disturbance.atRow = 3_000
  here.disturbance.happens = () => void here.proxy.stop()
  const failed = await run(here.pipeline, here.options)
  assert.equal(failed.status, 'failed')
  assert.equal(failed.error?.code, 'SOURCE_UNREACHABLE')
  assert.ok(failed.rows.stored > 0 && failed.rows.stored < COUNT)
  await here.proxy.start()
  const summary = await run(here.pipeline, { ...here.options, resume: true })
  assert.equal(summary.status, 'succeeded')
  assert.equal(summary.rows.read, COUNT)
  assert.equal(summary.rows.stored, COUNT)
  assert.equal(summary.verification.status, 'match')
})
