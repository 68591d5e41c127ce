import { HeadraceError } from '../../core/errors.js'
import { nearestName } from '../../core/known-options.js'
import { quoteIdentifier, quoteRelation } from '../../formats/postgres/identifiers.js'
import type { PostgresType } from '../../formats/postgres/postgres-type.js'
import type { Parameter, PostgresSession } from '../../stores/postgres/postgres-session.js'
import { findTable, type Table } from './find-table.js'
import type { PostgresSettings } from './postgres-options.js'
import { readTypes } from './read-types.js'

export interface RelationColumn {
  readonly name: string
  readonly type: PostgresType
  /** How a cast to its type is written. */
  readonly typeSql: string
}

/** What is read: a table or a query, as the server describes it. */
export interface Relation {
  /** For people: `public.users`, or `query`. */
  readonly label: string
  /** What stands behind FROM; its rows go by the name `ROW_ALIAS`. */
  readonly fromSql: string
  /** All of them, also those that are not read. */
  readonly columns: readonly RelationColumn[]
  /** Nothing is known of the indexes and keys of a query. */
  readonly table: Table | undefined
}

export const ROW_ALIAS = '"row"'

/** Describes what is to be read. @throws HeadraceError `SOURCE_NOT_FOUND`, `SOURCE_REFUSED` */
export async function describeRelation(
  session: PostgresSession,
  { from }: PostgresSettings,
  parameters: readonly Parameter[],
): Promise<Relation> {
  if ('query' in from) return describeQuery(session, from.query, parameters)
  const table = await findTable(session, from.table)
  const columns = await withTypes(session, table.columns)
  const { schema, name } = table
  const fromSql = `${quoteRelation({ schema, name })} AS ${ROW_ALIAS}`
  return { label: `${schema}.${name}`, fromSql, columns, table }
}

async function describeQuery(
  session: PostgresSession,
  query: string,
  parameters: readonly Parameter[],
): Promise<Relation> {
  const fromSql = `(\n${query}\n) AS ${ROW_ALIAS}`
  const { fields } = await session.query(`SELECT * FROM ${fromSql} LIMIT 0`, parameters)
  const named = fields.map(({ name, dataTypeID }) => ({ name, type: dataTypeID }))
  const columns = await withTypes(session, named)
  refuseSameNames(columns)
  return { label: 'query', fromSql, columns, table: undefined }
}

async function withTypes(
  session: PostgresSession,
  columns: readonly { readonly name: string; readonly type: number }[],
): Promise<RelationColumn[]> {
  const types = await readTypes(session, [...new Set(columns.map(({ type }) => type))])
  return columns.map(({ name, type: oid }) => {
    const { type, sql: typeSql } = types.get(oid) ?? UNKNOWN
    return { name, type, typeSql }
  })
}

const UNKNOWN = { type: { kind: 'base', name: 'unknown' }, sql: 'text' } as const

/** A column in SQL. */
export function columnSql(name: string): string {
  return `${ROW_ALIAS}.${quoteIdentifier(name)}`
}

/** @throws HeadraceError `UNKNOWN_COLUMN`, naming the one that was probably meant */
export function requireColumn(relation: Relation, name: string, option: string): RelationColumn {
  const found = relation.columns.find((column) => column.name === name)
  if (found !== undefined) return found
  const names = relation.columns.map((column) => column.name)
  const meant = nearestName(name, names)
  throw new HeadraceError(
    'UNKNOWN_COLUMN',
    `${relation.label} has no column \`${name}\`, which \`${option}\` names`,
    {
      hint: meant === undefined ? `It has ${names.join(', ')}.` : `Did you mean \`${meant}\`?`,
    },
  )
}

function refuseSameNames(columns: readonly RelationColumn[]): void {
  const names = columns.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) < index)
  if (twice === undefined) return
  throw new HeadraceError('SOURCE_REFUSED', `The query gives two columns named \`${twice}\``, {
    hint: 'Name them apart with AS.',
  })
}
