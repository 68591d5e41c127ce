import { fromMongodb } from '../../src/sources/from-mongodb.js'
import { createMongodbDatabase, MONGODB_SERVER } from '../support/mongodb.js'
import { assertNoLeaks } from '../support/no-leaks.js'
import { openTcpProxy } from '../support/tcp-proxy.js'
import { testSourceContract } from './contract.js'

assertNoLeaks()

const INSERTED_AT_ONCE = 500

testSourceContract({
  name: `fromMongodb over ${MONGODB_SERVER}`,
  batchRows: 500,
  fillerLength: 200,
  make: async (t, rows, length) => {
    const { database, place } = await createMongodbDatabase(t)
    const collection = await database.createCollection('made')
    const filler = 'x'.repeat(length)
    for (let from = 1; from <= rows; from += INSERTED_AT_ONCE) {
      const count = Math.min(INSERTED_AT_ONCE, rows + 1 - from)
      const made = Array.from({ length: count }, (_, index) => from + index)
      await collection.insertMany(made.map((id) => ({ _id: id as never, id, filler })))
    }
    const [host] = database.client.options.hosts
    const proxy = await openTcpProxy(host?.port ?? 27_017)
    t.after(() => proxy.stop())
    const url = place.connection.replace(/(\/\/(?:[^/]*@)?)[^/]+/, `$1127.0.0.1:${proxy.port}`)
    const connection = `${url}${url.includes('?') ? '&' : '?'}directConnection=true`
    const given = { connection, database: place.database, collection: 'made', partitions: 4 }
    return {
      definition: fromMongodb(given).source,
      disturb: async () => {
        await proxy.stop()
        await proxy.start()
      },
    }
  },
})
