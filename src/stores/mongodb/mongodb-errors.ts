import { HeadraceError, messageOf, type ErrorCode } from '../../core/errors.js'

/** What MongoDB and its driver tell of a failure. */
interface MongodbFailure {
  /** Class of the driver's error. */
  readonly name: string
  /** Number that the server gives the failure. */
  readonly code: number | undefined
  readonly message: string
}

export function mongodbFailure(error: unknown): MongodbFailure {
  const { name, code } = (error ?? {}) as { readonly name?: unknown; readonly code?: unknown }
  return {
    name: typeof name === 'string' ? name : '',
    code: typeof code === 'number' ? code : undefined,
    message: innerMessage(error),
  }
}

/** Where no server could be chosen, the reason stands with the servers. */
function innerMessage(error: unknown): string {
  const { reason } = (error ?? {}) as { readonly reason?: { readonly servers?: unknown } }
  if (reason?.servers instanceof Map) {
    for (const server of reason.servers.values()) {
      const { error: inner } = server as { readonly error?: unknown }
      if (inner instanceof Error) return innerMessage(inner)
    }
  }
  return messageOf(error)
}

const CURSOR_NOT_FOUND = 43
const AUTHENTICATION_FAILED = 18
const UNAUTHORIZED = 13
const NOT_AUTHENTICATED = new Set([AUTHENTICATION_FAILED, UNAUTHORIZED, 8000])

/** Snapshot too old, and snapshot unavailable: the server keeps states for a while only. */
const SNAPSHOT_GONE = new Set([239, 246])

/**
 * Codes after which a new cursor can do what the old one could not: it timed out or was killed, its
 * session expired, the server steps down, shuts down or is overloaded, the network failed.
 * @see https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml
 */
const PASSING = new Set([
  6, 7, 89, 91, 134, 136, 175, 189, 206, 237, 262, 9001, 10107, 11600, 11601, 11602, 13388, 13435,
  13436,
])

const PASSING_CLASSES =
  /^Mongo(Network|NetworkTimeout|ServerSelection|PoolCleared|PoolClosed|ExpiredSession)/

/** What was lost can be had again: over a new connection, by a new cursor. */
export function isPassing(error: unknown): boolean {
  const { name, code } = mongodbFailure(error)
  if (code !== undefined) return code === CURSOR_NOT_FOUND || PASSING.has(code)
  return PASSING_CLASSES.test(name)
}

export function isUnauthorized(error: unknown): boolean {
  return mongodbFailure(error).code === UNAUTHORIZED
}

export function isSnapshotGone(error: unknown): boolean {
  return SNAPSHOT_GONE.has(mongodbFailure(error).code ?? 0)
}

/** Why a connection to `label` could not be made. */
export function connectError(error: unknown, label: string): HeadraceError {
  if (HeadraceError.is(error)) return error
  const { name, code, message } = mongodbFailure(error)
  const [kind, hint] = whyNotConnected(name, code, message)
  return new HeadraceError(kind, `Cannot connect to MongoDB at ${label}: ${message}`, {
    hint,
    cause: error,
  })
}

function whyNotConnected(
  name: string,
  code: number | undefined,
  message: string,
): [ErrorCode, string] {
  if (code !== undefined && NOT_AUTHENTICATED.has(code)) {
    return ['CREDENTIALS', 'Check the user, the password and authSource in the connection string.']
  }
  if (/^Mongo(Parse|InvalidArgument|API)Error/.test(name)) {
    return ['SOURCE_UNREACHABLE', 'Expected mongodb://user:password@host:27017/database?options.']
  }
  if (/certificate|self.signed|altnames/i.test(message)) {
    return ['SOURCE_UNREACHABLE', 'Name the authority to trust: &tlsCAFile=<file>.']
  }
  if (/ssl|tls/i.test(message)) {
    return ['SOURCE_UNREACHABLE', 'Check whether the server has TLS, and tls=… says the same.']
  }
  return [
    'SOURCE_UNREACHABLE',
    'Check host, port, network and TLS, and that the server is running.',
  ]
}

/** Why `what` could not be read. */
export function readError(error: unknown, what: string): HeadraceError {
  if (HeadraceError.is(error)) return error
  const { code, message } = mongodbFailure(error)
  const [kind, hint] = whyNotRead(error, code)
  return new HeadraceError(kind, `MongoDB cannot read ${what}: ${message}`, {
    cause: error,
    ...(hint === '' ? {} : { hint }),
  })
}

function whyNotRead(error: unknown, code: number | undefined): [ErrorCode, string] {
  if (isPassing(error)) return ['SOURCE_UNREACHABLE', 'When the server is back, run again.']
  if (code !== undefined && NOT_AUTHENTICATED.has(code)) {
    return ['CREDENTIALS', 'Grant the user the role `read` on the database.']
  }
  if (isSnapshotGone(error)) {
    return ['SOURCE_REFUSED', 'Raise minSnapshotHistoryWindowInSeconds of the server.']
  }
  return ['SOURCE_REFUSED', '']
}
