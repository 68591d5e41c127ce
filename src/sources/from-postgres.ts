import { source, type Source } from '../core/route.js'
import type { SourceReader } from '../core/source.js'
import { openPostgres } from './postgres/open-postgres.js'
import {
  describePostgresOptions,
  postgresSettings,
  type PostgresOptions,
} from './postgres/postgres-options.js'

export type { PostgresOptions } from './postgres/postgres-options.js'

/** A row of which nothing is known. */
export type PostgresRow = { readonly [column: string]: unknown }

/**
 * Reads a table, or what a query gives, from Postgres 12 or later.
 *
 * The whole run reads one snapshot, held by a connection that does nothing else; also when a reader
 * loses its own, and makes another. It resumes behind the last row that was settled, by the primary
 * key or `cursor`; it then reads another snapshot, and says so. Values lose nothing: `bigint` and
 * `numeric` are exact, times are ISO text with six digits behind the second, `bytea` is a
 * `Uint8Array`; the README of this folder lists all types. Name what rows hold as in
 * `fromPostgres<User>({ … })`.
 *
 * @throws HeadraceError `PIPELINE_INVALID` at once, for options that are wrong. When it opens:
 * `ENV_MISSING`, `CREDENTIALS`, `SOURCE_UNREACHABLE`, `SOURCE_NOT_FOUND`, `SOURCE_REFUSED`,
 * `UNKNOWN_COLUMN`
 */
export function fromPostgres<R extends object = PostgresRow>(
  options: PostgresOptions<keyof R & string>,
): Source<R> {
  const settings = postgresSettings(options)
  return source<R>({
    type: 'postgres',
    options: describePostgresOptions(options),
    open: (context) => openPostgres(settings, context) as Promise<SourceReader<R>>,
  })
}
