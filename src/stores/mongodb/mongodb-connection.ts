import type { Db, MongoClient, MongoClientOptions, TopologyDescription } from 'mongodb'
import { isSecret, resolveSecret, type Secret } from '../../core/env.js'
import { HeadraceError, messageOf } from '../../core/errors.js'
import type { Described } from '../../core/source.js'
import { connectError } from './mongodb-errors.js'

/** `mongodb://user:password@host:27017/database?options`, best as `env('MONGO_URL')`. */
export type MongodbConnection = Secret | string

/** An open client, and what it has found out about its servers. */
export interface MongodbServer {
  readonly client: MongoClient
  readonly database: Db
  /** What the servers are at the moment. */
  readonly topology: () => TopologyDescription | undefined
  close(): Promise<void>
}

const SCHEME = /^mongodb(\+srv)?:\/\//
const PARTS = /^mongodb(?:\+srv)?:\/\/(?:([^/?@]*)@)?([^/?@]+)(?:\/([^?@]*))?(?:\?[^@]*)?$/

/** The package, loaded when something opens. @throws HeadraceError `DRIVER_MISSING` */
export async function loadMongodb(): Promise<typeof import('mongodb')> {
  try {
    return await import('mongodb')
  } catch (cause) {
    throw new HeadraceError('DRIVER_MISSING', `mongodb cannot be loaded: ${messageOf(cause)}`, {
      hint: 'Install it: npm install mongodb',
      cause,
    })
  }
}

/**
 * Connects, and proves it.
 * @param database in place of that of the connection string
 * @throws HeadraceError `ENV_MISSING`, `CREDENTIALS`, `SOURCE_UNREACHABLE`, or `PIPELINE_INVALID`
 * where no database is named
 */
export async function openMongodb(
  connection: MongodbConnection,
  database: string | undefined,
  connectTimeoutMs: number,
  options: MongoClientOptions,
): Promise<MongodbServer> {
  const url = resolveSecret(connection).trim()
  const { label, named } = requireParts(url)
  const name = database ?? named
  if (name === '') {
    throw new HeadraceError('PIPELINE_INVALID', 'No database is named for fromMongodb', {
      hint: 'Give `database`, or write it behind the host: mongodb://host:27017/shop.',
    })
  }
  const { MongoClient: Client } = await loadMongodb()
  let client: MongoClient | undefined
  let topology: TopologyDescription | undefined
  try {
    client = new Client(url, {
      appName: 'headrace',
      ...(/[?&]serverSelectionTimeoutMS=/i.test(url)
        ? {}
        : { serverSelectionTimeoutMS: connectTimeoutMs, connectTimeoutMS: connectTimeoutMs }),
      ...options,
    })
    const open = client
    open.on('topologyDescriptionChanged', (event) => (topology = event.newDescription))
    await open.connect()
    return {
      client: open,
      database: open.db(name),
      topology: () => topology,
      close: () => open.close(),
    }
  } catch (error) {
    await client?.close()
    throw connectError(error, label)
  }
}

/** The connection as plans and run records show it: its hosts and database, nothing secret. */
export function describeMongodbConnection(connection: MongodbConnection): Described {
  if (isSecret(connection)) return connection
  return partsOf(connection)?.label ?? '***'
}

/** @throws HeadraceError `PIPELINE_INVALID` for what is no connection */
export function checkMongodbConnection(connection: unknown): void {
  if (isSecret(connection)) return
  if (typeof connection === 'string' && SCHEME.test(connection)) return
  const got = typeof connection === 'string' ? 'another text' : typeof connection
  throw new HeadraceError(
    'PIPELINE_INVALID',
    `Expected \`connection\` of fromMongodb to begin with mongodb:// or mongodb+srv://; got ${got}`,
    { hint: "Write connection: env('MONGO_URL')." },
  )
}

/** What the driver would say of a string that is none may hold a part of the password. */
function requireParts(url: string): UrlParts {
  const parts = partsOf(url)
  if (parts !== undefined) return parts
  throw new HeadraceError('SOURCE_UNREACHABLE', 'The connection string of MongoDB is none', {
    hint:
      'Expected mongodb://user:password@host:27017/database?options; in user and password, ' +
      'write the characters : / ? # [ ] @ % as %3A and so on.',
  })
}

interface UrlParts {
  /** Hosts and database. */
  readonly label: string
  /** Database; empty where there is none. */
  readonly named: string
}

function partsOf(url: string): UrlParts | undefined {
  const [, , hosts, path = ''] = PARTS.exec(url) ?? []
  if (hosts === undefined) return undefined
  const named = decoded(path)
  return { label: named === '' ? hosts : `${hosts}/${named}`, named }
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
