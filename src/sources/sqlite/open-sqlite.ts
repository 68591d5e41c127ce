import { HeadraceError } from '../../core/errors.js'
import { nearestName } from '../../core/known-options.js'
import type { Json } from '../../core/row-batch.js'
import type { Consistency, OpenContext, SourceReader } from '../../core/source.js'
import { openDatabase } from '../../stores/sqlite/open-database.js'
import { SqliteConnection, type SqliteValue } from '../../stores/sqlite/sqlite-connection.js'
import { valueFromJson, valueToJson } from './key-cursor.js'
import { pageStatements, selected, sortsForEachPage, type ReadPlan } from './page-statements.js'
import { column, findRelation, invalidSql, type KeyPart, type Relation } from './relation.js'
import { RowDecoder } from './row-decoder.js'
import { isRange, rowidRanges, rowidSpan } from './rowid-ranges.js'
import type { SqliteSettings } from './sqlite-options.js'
import { SqliteReader } from './sqlite-reader.js'

interface Since {
  /** The column, where an earlier run has left its greatest value: the last of `params`. */
  readonly since: string | undefined
  readonly params: readonly SqliteValue[]
  readonly position: Json | undefined
}

interface Database {
  readonly label: string
  readonly connection: SqliteConnection
  readonly consistency: Consistency
  readonly release: () => void
}

/** Opens the database, finds what is to be read, and tries the statements. */
export async function openSqlite(
  settings: SqliteSettings,
  context: OpenContext,
): Promise<SourceReader<object>> {
  const database = await databaseOf(settings, context)
  try {
    return openReader(asResumed(database, context), settings, context)
  } catch (error) {
    database.release()
    throw invalidSql(error, database.label)
  }
}

async function databaseOf(settings: SqliteSettings, context: OpenContext): Promise<Database> {
  if ('path' in settings.database) {
    const { path } = settings.database
    const { label, connection } = await openDatabase(path, settings.busyTimeoutMs, context.signal)
    return {
      label,
      connection,
      consistency: 'snapshot',
      release: () => {
        connection.exec('ROLLBACK')
        connection.close()
      },
    }
  }
  const connection = new SqliteConnection(settings.database.handle)
  const consistency = connection.inTransaction ? 'snapshot' : 'none'
  if (consistency === 'none' && context.requireSnapshot) {
    throw new HeadraceError('SOURCE_REFUSED', 'The open `database` is not in a transaction', {
      hint: 'BEGIN one before the run, or give `path`: then one state is read.',
    })
  }
  return { label: 'the database', connection, consistency, release: () => undefined }
}

/** What was read before the interruption is of another state: that one is gone. */
function asResumed(database: Database, { earlier, requireSnapshot }: OpenContext): Database {
  if (earlier?.resumed !== true || database.consistency !== 'snapshot') return database
  if (!requireSnapshot) return { ...database, consistency: 'mixed' }
  throw new HeadraceError(
    'SOURCE_REFUSED',
    `${database.label}: the state that was read before the interruption is gone`,
    { hint: 'Run afresh, without --resume, or without --require-snapshot.' },
  )
}

function openReader(
  database: Database,
  settings: SqliteSettings,
  context: OpenContext,
): SqliteReader {
  const { connection, label, consistency, release } = database
  const relation = findRelation(connection, settings.from, label)
  const whole = readPlan(relation, settings)
  const { since, params, position } = sinceOf(connection, whole, settings, context)
  const plan = { ...whole, since }
  // Says at once what is wrong with the condition.
  pageStatements(connection, plan, { least: false, greatest: false, after: false })
  if (settings.cursor !== undefined && sortsForEachPage(connection, plan)) {
    context.warn(
      `${relation.label} has no index on its cursor (${settings.cursor.join(', ')}): ` +
        'SQLite sorts what is left of it for every page of 500 rows',
    )
  }
  const byRowid = plan.key !== undefined && plan.key === relation.key
  const span = byRowid ? rowidSpan(connection, plan) : undefined
  const { earlier, parallel } = context
  const before = earlier?.partitions?.filter(isRange) ?? []
  const partitions =
    before.length === 0 ? rowidRanges(span, parallel) : before.map((id) => ({ id }))
  const declared = relation.columns.filter(({ name }) => plan.columns.includes(name))
  const decoder = new RowDecoder(ordered(declared, plan.columns), settings.types)
  const { mismatch } = settings
  const read = { connection, database: label, plan, decoder, params, mismatch }
  return new SqliteReader({ ...read, consistency, span, partitions, position, release }, context)
}

function readPlan(relation: Relation, settings: SqliteSettings): ReadPlan {
  const { columns = relation.columns.map(({ name }) => name), where, cursor, since } = settings
  const named = { columns, cursor: cursor ?? [], since: since === undefined ? [] : [since] }
  for (const [option, names] of Object.entries({ ...named, types: Object.keys(settings.types) })) {
    for (const name of names) requireColumn(relation, name, option)
  }
  const common = { relation, columns, where, since: undefined }
  if (cursor === undefined) return { ...common, key: relation.key, unique: true }
  const parts = cursor.map((name): KeyPart => ({ name, sql: column(name) }))
  const rest = (relation.key ?? []).filter(({ sql }) => parts.every((part) => part.sql !== sql))
  return { ...common, key: [...parts, ...rest], unique: relation.key !== undefined }
}

/** Where a run begins that reads what has changed, and where the next one will. */
function sinceOf(
  connection: SqliteConnection,
  plan: ReadPlan,
  { since, params }: SqliteSettings,
  { earlier }: OpenContext,
): Since {
  if (since === undefined) return { since, params, position: undefined }
  const kept = earlier?.since as { readonly column?: Json; readonly value?: Json } | undefined
  const before = kept?.column === since ? kept.value : undefined
  const [row] = connection
    .prepare(`SELECT max(${column(since)}) FROM ${selected(plan)}`)
    .all(params)
  const greatest = row?.[0] ?? null
  const value = greatest === null ? before : valueToJson(greatest)
  const position = value === undefined ? undefined : { column: since, value }
  if (before === undefined) return { since: undefined, params, position }
  return { since, params: [...params, valueFromJson(before)], position }
}

function requireColumn(relation: Relation, name: string, option: string): void {
  const names = relation.columns.map((one) => one.name)
  if (names.includes(name)) return
  const meant = nearestName(name, names)
  throw new HeadraceError(
    'UNKNOWN_COLUMN',
    `\`${option}\` names ${name}, which is no column of ${relation.label}`,
    { hint: meant === undefined ? `There are ${names.join(', ')}.` : `Did you mean ${meant}?` },
  )
}

function ordered<C extends { readonly name: string }>(
  columns: readonly C[],
  names: readonly string[],
): C[] {
  return names.flatMap((name) => columns.filter((one) => one.name === name))
}
