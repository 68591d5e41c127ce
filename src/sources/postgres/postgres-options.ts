import { isSecret, type Secret } from '../../core/env.js'
import { HeadraceError } from '../../core/errors.js'
import { requireKnownOptions } from '../../core/known-options.js'
import { excerpt } from '../../core/outcome.js'
import type { Described } from '../../core/source.js'
import { parseRelationName, type RelationName } from '../../formats/postgres/identifiers.js'
import {
  POSTGRES_REPRESENTATIONS,
  type PostgresRepresentation,
} from '../../formats/postgres/postgres-type.js'
import {
  checkPostgresConnection,
  describePostgresConnection,
  type PostgresConnection,
} from '../../stores/postgres/postgres-connection.js'

export type PostgresParameter = string | number | bigint | boolean | null | Secret

export interface PostgresOptions<Column extends string = string> {
  /**
   * A connection string, best as `env('DATABASE_URL')`, or the configuration of a `pg` client. What
   * it leaves out comes from `PGHOST`, `PGUSER`, `PGPASSWORD` and their like. TLS is set by
   * `sslmode`, `sslrootcert`, `sslcert` and `sslkey` of the connection string.
   */
  readonly connection: PostgresConnection
  /**
   * A table, partitioned table, view, materialized view or foreign table: `users`, `sales.users`,
   * `"odd.schema"."odd table"`. Letters keep their case. Either this or `query`.
   */
  readonly table?: string | { readonly schema?: string; readonly table: string }
  /** A query that only reads; its columns must have different names. Either this or `table`. */
  readonly query?: string
  /** Values of `$1`, `$2`, … in `query` or `where`. */
  readonly params?: readonly PostgresParameter[]
  /** Columns to read; all by default. */
  readonly columns?: readonly Column[]
  /** A condition in SQL that rows must meet: `status = 'active'`. */
  readonly where?: string
  /**
   * Column or columns to read in the order of, and to resume behind. Those of a table should have
   * an index, and are completed by its primary key where they are not unique; those of a query or
   * view may hold one value in 10,000 rows at most.
   * @default the primary key of the table, or else a unique key without NULLs
   */
  readonly cursor?: string | readonly string[]
  /**
   * Ranges of the cursor to read in parallel, where order does not matter: 1 to 1,000.
   * @default as many as the run reads at once, of a table of 10,000 rows or more; else 1
   */
  readonly partitions?: number
  /**
   * Another representation than the usual one, by column: of an array's elements, if it is one. A
   * value that does not fit is rejected with its row.
   */
  readonly types?: { readonly [K in Column]?: PostgresRepresentation }
  /**
   * Read only rows whose value in this column is greater than any was when the last successful run
   * of the pipeline into the same target read them; all, where there is none. NULLs are read the
   * first time only. A row that is committed later with a lower value, or an equal one, is missed:
   * take a column that only grows.
   */
  readonly since?: { readonly column: string }
  /** For making a connection; 100 to 600,000. @default 10_000 */
  readonly connectTimeoutMs?: number
  /**
   * The longest to wait for the server: for what it is asked before anything is read, and for each
   * 1,000 rows. 0 for no limit.
   * @default 0
   */
  readonly statementTimeoutMs?: number
}

/** Options with nothing left open. */
export interface PostgresSettings {
  readonly connection: PostgresConnection
  readonly from: { readonly table: RelationName } | { readonly query: string }
  readonly params: readonly PostgresParameter[]
  readonly columns: readonly string[] | undefined
  readonly where: string | undefined
  readonly cursor: readonly string[] | undefined
  readonly partitions: number | undefined
  readonly types: Readonly<Record<string, PostgresRepresentation | undefined>>
  readonly since: string | undefined
  readonly connectTimeoutMs: number
  readonly statementTimeoutMs: number
}

const OPTIONS = [
  'connection',
  'table',
  'query',
  'params',
  'columns',
  'where',
  'cursor',
  'partitions',
  'types',
  'since',
  'connectTimeoutMs',
  'statementTimeoutMs',
] as const satisfies readonly (keyof PostgresOptions)[]

const CONNECT_TIMEOUT_MS = 10_000
const PARTITIONS_MAX = 1_000
const INT4_MAX = 2_147_483_647

/** @throws HeadraceError `PIPELINE_INVALID` saying what was expected and what was given */
export function postgresSettings(options: PostgresOptions): PostgresSettings {
  requireKnownOptions('fromPostgres', options, OPTIONS)
  checkPostgresConnection(options.connection)
  const { columns, where, cursor, partitions, types = {}, since, params = [] } = options
  if (columns !== undefined) checkNames('columns', columns)
  if (cursor !== undefined) checkNames('cursor', [cursor].flat())
  if (where !== undefined) check(isText(where), 'where', 'a condition in SQL', where)
  check(Array.isArray(params) && params.every(isParameter), 'params', 'a list of values', params)
  checkTypes(types)
  if (since !== undefined) {
    requireKnownOptions('`since` of fromPostgres', since, ['column'])
    check(isText(since.column), 'since.column', 'a column', since.column)
  }
  return {
    connection: options.connection,
    from: relation(options),
    params,
    columns,
    where,
    cursor: cursor === undefined ? undefined : [cursor].flat(),
    partitions:
      partitions === undefined ? undefined : whole('partitions', partitions, 1, PARTITIONS_MAX),
    types,
    since: since?.column,
    connectTimeoutMs: whole(
      'connectTimeoutMs',
      options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
      100,
      600_000,
    ),
    statementTimeoutMs: whole('statementTimeoutMs', options.statementTimeoutMs ?? 0, 0, INT4_MAX),
  }
}

/** The options as plans and run records show them: without secrets. */
export function describePostgresOptions(options: PostgresOptions): {
  readonly [option: string]: Described
} {
  const { params, ...rest } = options
  return {
    ...rest,
    connection: describePostgresConnection(options.connection),
    ...(params === undefined
      ? {}
      : { params: params.map((value) => (typeof value === 'bigint' ? String(value) : value)) }),
  }
}

function relation({ table, query }: PostgresOptions): PostgresSettings['from'] {
  if ((table === undefined) === (query === undefined)) {
    const got = table === undefined ? 'neither' : 'both'
    throw new HeadraceError(
      'PIPELINE_INVALID',
      `Expected fromPostgres to be given \`table\` or \`query\`; got ${got}`,
    )
  }
  if (query !== undefined) {
    check(isText(query), 'query', 'a query in SQL', query)
    return { query: query.replace(/[;\s]+$/, '') }
  }
  if (typeof table === 'object') {
    requireKnownOptions('`table` of fromPostgres', table, ['schema', 'table'])
    check(isText(table.table), 'table.table', 'a name', table.table)
    return { table: { schema: table.schema, name: table.table } }
  }
  const name = typeof table === 'string' ? parseRelationName(table) : undefined
  if (name !== undefined) return { table: name }
  throw invalid('table', 'a name such as users or sales.users', table, {
    hint: 'Names that hold dots or quotes go in { schema, table }.',
  })
}

function checkNames(option: string, names: unknown): void {
  const right = Array.isArray(names) && names.length > 0 && names.every(isText)
  check(right, option, 'one name or more', names)
  const twice = (names as string[]).find((name, index) => (names as string[]).indexOf(name) < index)
  if (twice !== undefined) {
    throw invalid(option, 'different names', names, { hint: `\`${twice}\` is there twice.` })
  }
}

function checkTypes(types: unknown): void {
  const isRecord = typeof types === 'object' && types !== null && !Array.isArray(types)
  check(isRecord, 'types', 'representations by column', types)
  const known: readonly unknown[] = POSTGRES_REPRESENTATIONS
  for (const [column, representation] of Object.entries(types as object)) {
    const expected = `one of ${POSTGRES_REPRESENTATIONS.join(', ')}`
    check(known.includes(representation), `types.${column}`, expected, representation)
  }
}

function whole(option: string, value: unknown, min: number, max: number): number {
  const right = Number.isInteger(value) && (value as number) >= min && (value as number) <= max
  check(right, option, `a whole number from ${min} to ${max}`, value)
  return value as number
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

function isParameter(value: unknown): boolean {
  return value === null || isSecret(value) || /^(string|number|bigint|boolean)$/.test(typeof value)
}

function check(right: boolean, option: string, expected: string, got: unknown): void {
  if (!right) throw invalid(option, expected, got)
}

function invalid(
  option: string,
  expected: string,
  got: unknown,
  context?: { readonly hint: string },
): HeadraceError {
  return new HeadraceError(
    'PIPELINE_INVALID',
    `Expected \`${option}\` of fromPostgres to be ${expected}; got ${excerpt(got)}`,
    context,
  )
}
