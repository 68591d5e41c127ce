import { HeadraceError, messageOf, type ErrorCode } from '../../core/errors.js'

/** What Postgres and its driver tell of a failure. */
export interface PostgresFailure {
  /** An SQLSTATE, or the code of a socket's or TLS's error. */
  readonly code: string | undefined
  readonly message: string
}

export function postgresFailure(error: unknown): PostgresFailure {
  const inner = error instanceof AggregateError && error.errors.length > 0 ? error.errors[0] : error
  const code = (inner as { code?: unknown } | undefined)?.code
  return { code: typeof code === 'string' ? code : undefined, message: messageOf(error) }
}

/**
 * SQLSTATEs after which a new connection can do what the old one could not:
 * shut down by an administrator, crashed, starting up, too many connections, standby conflicts.
 */
const PASSING = new Set(['57P01', '57P02', '57P03', '57P05', '53300', '40001', '40P01', '25P03'])

const SOCKET_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
])

const DRIVER_MESSAGES =
  /^(Connection terminated|timeout expired|Client (has encountered|was closed)|write after end)/

/** The connection was lost or could not be made, and may be made again. */
export function isPassing(error: unknown): boolean {
  const { code, message } = postgresFailure(error)
  if (code === undefined) return DRIVER_MESSAGES.test(message)
  return PASSING.has(code) || SOCKET_CODES.has(code) || /^08...$/.test(code)
}

/** Why a connection to `label` could not be made. */
export function connectError(error: unknown, label: string): HeadraceError {
  if (HeadraceError.is(error)) return error
  const { code, message } = postgresFailure(error)
  const [kind, hint] = whyNotConnected(code, message)
  return new HeadraceError(kind, `Cannot connect to Postgres at ${label}: ${message}`, {
    hint,
    cause: error,
  })
}

function whyNotConnected(code: string | undefined, message: string): [ErrorCode, string] {
  if (code === '28P01') return ['CREDENTIALS', 'Check the user and the password.']
  if (message.includes('password must be a string')) {
    return ['CREDENTIALS', 'The server asks for a password: give one, or set PGPASSWORD.']
  }
  if (code === '28000') {
    const hint = message.includes('no encryption')
      ? 'The server asks for TLS: add ?sslmode=verify-full to the connection string.'
      : 'Check the user, and what pg_hba.conf of the server allows.'
    return ['CREDENTIALS', hint]
  }
  if (code === '42501') return ['CREDENTIALS', 'The user lacks the right to connect.']
  if (code === '3D000') return ['SOURCE_NOT_FOUND', 'Check the name of the database.']
  if (message.includes('does not support SSL')) {
    return ['SOURCE_UNREACHABLE', 'The server has no TLS; sslmode=disable goes without.']
  }
  if (/certificate|self.signed|altnames/i.test(message)) {
    return ['SOURCE_UNREACHABLE', 'Name the authority to trust: &sslrootcert=<file>.']
  }
  if (code === '53300') return ['SOURCE_UNREACHABLE', 'Lower `partitions`, or try again later.']
  return ['SOURCE_UNREACHABLE', 'Check host, port and network, and that the server is running.']
}

/** Why `what` could not be read. */
export function readError(error: unknown, what: string): HeadraceError {
  if (HeadraceError.is(error)) return error
  const { code, message } = postgresFailure(error)
  const [kind, hint] = isPassing(error)
    ? CONNECTION_LOST
    : (READ_FAILURES[code ?? ''] ?? ['SOURCE_REFUSED', ''])
  return new HeadraceError(kind, `Postgres cannot read ${what}: ${message}`, {
    cause: error,
    ...(hint === '' ? {} : { hint }),
  })
}

const CONNECTION_LOST: [ErrorCode, string] = [
  'SOURCE_UNREACHABLE',
  'When the server is back, go on with --resume.',
]

const READ_FAILURES: Readonly<Record<string, [ErrorCode, string]>> = {
  '42P01': ['SOURCE_NOT_FOUND', 'Check the name; write schema.table where it is not on the path.'],
  '3F000': ['SOURCE_NOT_FOUND', 'Check the name of the schema.'],
  '42703': ['UNKNOWN_COLUMN', ''],
  '42501': ['CREDENTIALS', 'Grant the user SELECT on it, and USAGE on its schema.'],
  '57014': ['SOURCE_REFUSED', 'Raise `statementTimeoutMs`, or the limit that the server sets.'],
  '25006': ['SOURCE_REFUSED', 'The source is read in a transaction that may not write.'],
}
