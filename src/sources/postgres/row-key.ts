import type { OpenContext } from '../../core/source.js'
import type { PostgresType } from '../../formats/postgres/postgres-type.js'
import type { PostgresSettings } from './postgres-options.js'
import type { Table, TableIndex } from './find-table.js'
import { columnSql, requireColumn, ROW_ALIAS, type Relation } from './relation.js'

/** A part of what rows are ordered by. */
export interface KeyPart {
  /** Name of the column; `undefined` for the place of the row in the table. */
  readonly column: string | undefined
  readonly sql: string
  readonly typeSql: string
}

/** What rows are read in the order of, and found again by. */
export interface RowKey {
  readonly parts: readonly KeyPart[]
  /** No two rows have the same. */
  readonly unique: boolean
  /** Rows may have none of it, and come last. */
  readonly nullable: boolean
  /** Holds from one state of the database to the next: false for the place of a row. */
  readonly lasting: boolean
}

/** Why there is no key, as a part of a sentence; or the key. */
export type FoundKey = RowKey | { readonly missing: string }

/** Chooses what rows are ordered by. @throws HeadraceError `UNKNOWN_COLUMN` for a wrong cursor */
export function chooseKey(
  relation: Relation,
  settings: PostgresSettings,
  context: OpenContext,
): FoundKey {
  const { table } = relation
  const cursor = settings.cursor
  if (cursor === undefined) {
    const key = table === undefined ? undefined : naturalKey(table)
    if (table === undefined || key === undefined) return withoutKey(relation)
    return keyOf(relation, key, table)
  }
  for (const name of cursor) requireColumn(relation, name, 'cursor')
  if (table === undefined) return keyOf(relation, cursor, undefined)
  warnWithoutIndex(table, cursor, relation.label, context)
  const natural = naturalKey(table)
  const rest = isUnique(table, cursor) ? [] : (natural ?? [])
  return keyOf(relation, [...cursor, ...rest.filter((name) => !cursor.includes(name))], table)
}

function withoutKey({ table, label }: Relation): FoundKey {
  if (table === undefined) return { missing: 'its query has no `cursor`' }
  if (table.kind !== 'table' && table.kind !== 'materialized') {
    return { missing: `${label} has no primary key, and no \`cursor\` is given` }
  }
  if (table.hasChildren) {
    return { missing: `${label} has no primary key, and no \`cursor\` is given` }
  }
  const place = { column: undefined, sql: `${ROW_ALIAS}.ctid`, typeSql: 'pg_catalog.tid' }
  return { parts: [place], unique: true, nullable: false, lasting: false }
}

function keyOf(relation: Relation, names: readonly string[], table: Table | undefined): FoundKey {
  const columns = names.map((name) => requireColumn(relation, name, 'cursor'))
  const unique = table !== undefined && isUnique(table, names)
  const incomparable = unique ? undefined : columns.find(({ type }) => !comparesAsPrinted(type))
  if (incomparable !== undefined) {
    return { missing: `its cursor column \`${incomparable.name}\` may hold equal values` }
  }
  return {
    parts: columns.map(({ name, typeSql }) => ({ column: name, sql: columnSql(name), typeSql })),
    unique,
    nullable: !names.every((name) => isNotNull(table, name)),
    lasting: true,
  }
}

/** The primary key, or else a unique one without NULLs. */
function naturalKey(table: Table): readonly string[] | undefined {
  const { indexes } = table
  const primary = indexes.find((index) => index.primary)
  const unique = indexes.find(
    (index) => index.unique && index.columns.every((name) => isNotNull(table, name)),
  )
  return (primary ?? unique)?.columns
}

/** A key does not hold for tables that inherit from this one. */
function isUnique(table: Table, names: readonly string[]): boolean {
  if (table.hasChildren && table.kind !== 'partitioned') return false
  const covers = ({ columns, unique }: TableIndex): boolean =>
    unique && columns.every((name) => names.includes(name))
  return table.indexes.some(covers)
}

function isNotNull(table: Table | undefined, name: string): boolean {
  if (table === undefined || (table.hasChildren && table.kind !== 'partitioned')) return false
  return table.columns.find((column) => column.name === name)?.notNull ?? false
}

function warnWithoutIndex(
  { kind, indexes }: Table,
  cursor: readonly string[],
  label: string,
  context: OpenContext,
): void {
  if (kind === 'view' || kind === 'foreign') return
  const serves = ({ columns }: TableIndex): boolean =>
    cursor.every((name, place) => columns[place] === name)
  if (indexes.some(serves)) return
  const names = cursor.map((name) => `\`${name}\``).join(', ')
  context.warn(
    `${label} has no index that begins with its cursor ${names}: the server must sort the whole ` +
      'table before the first row, and again for each resume.',
  )
}

/** Types of which equal values are printed alike, or nearly: see `comparable`. */
const COMPARABLE: ReadonlySet<string> = new Set([
  'bool',
  'int2',
  'int4',
  'int8',
  'oid',
  'numeric',
  'float4',
  'float8',
  'text',
  'varchar',
  'bpchar',
  'name',
  'uuid',
  'bytea',
  'date',
  'time',
  'timestamp',
  'timestamptz',
])

function comparesAsPrinted(type: PostgresType): boolean {
  return type.kind === 'base' && COMPARABLE.has(type.name)
}

/** The texts of a key, made alike where the values are equal: `1.0` and `1.00`, `-0` and `0`. */
export function comparable(texts: readonly string[]): string {
  return texts
    .map((text) =>
      text
        .trimEnd()
        .replace(/^-0$/, '0')
        .replace(/(\.\d*?)0+$/, '$1')
        .replace(/\.$/, ''),
    )
    .join('\u0000')
}
