import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { after, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { MongoClient, type Db } from 'mongodb'

interface Server {
  readonly url: string
  close(): Promise<void>
}

let shared: Promise<Server> | undefined

// One server per test process, shared by its tests, each with a database of its own.
after(async () => {
  if (shared !== undefined) await (await shared).close()
})

/** What tests run against, for their names. */
export const MONGODB_SERVER =
  (process.env['MONGO_URL'] ?? '') === ''
    ? 'a stand-in, since MONGO_URL is not set'
    : 'the server at MONGO_URL'

export interface MongodbDatabase {
  readonly database: Db
  /** What `fromMongodb` is given for it. */
  readonly place: { readonly connection: string; readonly database: string }
}

/** A new, empty database, dropped when the test is over. */
export async function createMongodbDatabase(
  t: Pick<TestContext, 'after'>,
): Promise<MongodbDatabase> {
  shared ??= findServer()
  const { url } = await shared
  return openDatabase(t, url)
}

/** A new database of a server. */
export async function openDatabase(
  t: Pick<TestContext, 'after'>,
  server: string,
): Promise<MongodbDatabase> {
  const client = await new MongoClient(server, {
    serverSelectionTimeoutMS: 10_000,
    useBigInt64: true,
  }).connect()
  const name = `headrace_${randomBytes(6).toString('hex')}`
  const database = client.db(name)
  t.after(async () => {
    await database.dropDatabase().catch(() => undefined)
    await client.close()
  })
  return { database, place: { connection: server, database: name } }
}

async function findServer(): Promise<Server> {
  const given = process.env['MONGO_URL']
  if (given !== undefined && given !== '') return { url: given, close: () => Promise.resolve() }
  const serve = fileURLToPath(new URL('mongodb-stand-in/serve-stand-in.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', serve], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const closed = once(child, 'close')
  const url = await Promise.race([
    once(child.stdout, 'data').then(([line]) => String(line).trim()),
    closed.then(() => Promise.reject(new Error('The stand-in for MongoDB did not start'))),
  ])
  const close = async (): Promise<void> => {
    child.stdin.end()
    await closed
  }
  return { url, close }
}
