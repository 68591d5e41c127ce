import type { ConnectionOptions } from 'node:tls'
import { isSecret, resolveSecret, type Secret } from '../../core/env.js'
import { HeadraceError } from '../../core/errors.js'
import type { Described } from '../../core/source.js'

/** A connection in parts, as a `pg` client takes it. */
export interface PostgresConfig {
  readonly connectionString?: string
  readonly host?: string
  readonly port?: number
  readonly database?: string
  readonly user?: string
  /** Or a function that gives it for each connection, such as a token that expires. */
  readonly password?: string | (() => string | Promise<string>)
  /** `true`, or options of TLS such as a certificate. */
  readonly ssl?: boolean | ConnectionOptions
  readonly application_name?: string
  /** Settings of the session, such as `-c search_path=app`. */
  readonly options?: string
}

/**
 * A connection string (`postgres://user@host:5432/database?sslmode=verify-full`), best as
 * `env('DATABASE_URL')`, or the same in parts. What is left out comes from the environment, as for
 * every Postgres client (`PGHOST`, `PGUSER`, `PGPASSWORD`, …).
 */
export type PostgresConnection = Secret | string | PostgresConfig

/** Where a connection leads, with secrets inside; made when a run opens. */
export interface PostgresAddress {
  readonly config: PostgresConfig & {
    readonly fallback_application_name: string
    readonly keepAlive: boolean
    readonly keepAliveInitialDelayMillis: number
    readonly connectionTimeoutMillis: number
  }
  readonly connectTimeoutMs: number
}

const KEEP_ALIVE_DELAY_MS = 10_000

/** @throws HeadraceError `ENV_MISSING` */
export function postgresAddress(
  connection: PostgresConnection,
  connectTimeoutMs: number,
): PostgresAddress {
  const given =
    typeof connection === 'string' || isSecret(connection)
      ? { connectionString: resolveSecret(connection) }
      : connection
  const config = {
    fallback_application_name: 'headrace',
    ...given,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_DELAY_MS,
    connectionTimeoutMillis: connectTimeoutMs,
  }
  return { config, connectTimeoutMs }
}

/** The connection as plans and run records show it: without passwords and other parameters. */
export function describePostgresConnection(connection: PostgresConnection): Described {
  if (isSecret(connection)) return connection
  if (typeof connection !== 'string') {
    const { host, port, database, user, connectionString } = connection
    const told = connectionString === undefined ? {} : describeUrl(connectionString)
    return { host, port, database, user, ...told }
  }
  return describeUrl(connection)
}

function describeUrl(text: string): { readonly [part: string]: Described } {
  if (!URL.canParse(text)) return { connectionString: '***' }
  const { hostname, port, pathname, username } = new URL(text)
  return { host: hostname, port, database: pathname.slice(1), user: username }
}

/** @throws HeadraceError `PIPELINE_INVALID` for what is no connection */
export function checkPostgresConnection(connection: unknown): void {
  if (typeof connection === 'string' && connection !== '') return
  if (typeof connection === 'object' && connection !== null && !Array.isArray(connection)) return
  const got = connection === '' ? 'an empty string' : typeof connection
  throw new HeadraceError(
    'PIPELINE_INVALID',
    `Expected \`connection\` of fromPostgres; got ${got}`,
    {
      hint: "Write env('DATABASE_URL'), and set it to postgres://user:password@host/database.",
    },
  )
}
