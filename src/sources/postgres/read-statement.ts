import { quoteLiteral } from '../../formats/postgres/identifiers.js'
import type { PostgresType } from '../../formats/postgres/postgres-type.js'
import type { Parameter } from '../../stores/postgres/postgres-session.js'
import type { KeyTexts } from './key-range.js'
import { columnSql, type Relation, type RelationColumn } from './relation.js'
import type { KeyPart, RowKey } from './row-key.js'

export interface Statement {
  readonly sql: string
  readonly columnCount: number
  readonly parameters: readonly Parameter[]
}

/** Which rows are read, whatever their key. */
export interface RowFilter {
  readonly where: string | undefined
  /** Values of the parameters of the query and of `where`. */
  readonly parameters: readonly Parameter[]
  readonly since: { readonly column: RelationColumn; readonly after: string } | undefined
}

/** Rows with a key, in its order, within bounds; or those without one. */
export type KeySection =
  | {
      readonly kind: 'keyed'
      readonly after: KeyTexts | undefined
      readonly upTo: KeyTexts | undefined
    }
  | { readonly kind: 'keyless' }

/** Reads columns and, behind them, those parts of the key that are none of them. */
export interface ReadPlan {
  readonly relation: Relation
  readonly columns: readonly RelationColumn[]
  readonly filter: RowFilter
  readonly key: RowKey | undefined
}

/** Where the parts of the key stand in a row that is read. */
export function keyPlaces({ columns, key }: ReadPlan): number[] {
  let next = columns.length
  return (key?.parts ?? []).map((part) => {
    const index = columns.findIndex(
      (column) => column.name === part.column && selectedSql(column) === part.sql,
    )
    if (index !== -1) return index
    next += 1
    return next - 1
  })
}

export function readStatement(plan: ReadPlan, section: KeySection): Statement {
  const { relation, columns, key } = plan
  const conditions = filterConditions(plan.filter)
  if (key !== undefined) conditions.push(...sectionConditions(key, section))
  const places = keyPlaces(plan)
  const extra = (key?.parts ?? []).filter((_, index) => (places[index] ?? 0) >= columns.length)
  const selected = [...columns.map(selectedSql), ...extra.map(({ sql }) => sql)]
  const ordered = key !== undefined && key.lasting && section.kind === 'keyed'
  const sql =
    `SELECT ${selected.join(', ')}\nFROM ${relation.fromSql}${whereSql(conditions)}` +
    (ordered ? `\nORDER BY ${key.parts.map((part) => part.sql).join(', ')}` : '')
  return { sql, parameters: plan.filter.parameters, columnCount: selected.length }
}

/** Keys of a random sample of the table, of so many percent of its blocks, in order. */
export function sampleStatement(plan: ReadPlan, key: RowKey, percent: number): Statement {
  const conditions = filterConditions(plan.filter)
  conditions.push(...key.parts.map(({ sql }) => `${sql} IS NOT NULL`))
  const names = key.parts.map(({ sql }) => sql).join(', ')
  const sampled = `${plan.relation.fromSql} TABLESAMPLE SYSTEM (${percent}) REPEATABLE (1)`
  const sql = `SELECT ${names}\nFROM ${sampled}${whereSql(conditions)}\nORDER BY ${names}`
  return { sql, parameters: plan.filter.parameters, columnCount: key.parts.length }
}

/** The greatest value of the column of `since`. */
export function greatestStatement(plan: ReadPlan, column: RelationColumn): Statement {
  const conditions = filterConditions({ ...plan.filter, since: undefined })
  const name = columnSql(column.name)
  conditions.push(`${name} IS NOT NULL`)
  const sql =
    `SELECT ${name}\nFROM ${plan.relation.fromSql}${whereSql(conditions)}` +
    `\nORDER BY ${name} DESC LIMIT 1`
  return { sql, parameters: plan.filter.parameters, columnCount: 1 }
}

/** Is there a row without a key? */
export function keylessStatement(plan: ReadPlan, key: RowKey): Statement {
  const statement = readStatement({ ...plan, key }, { kind: 'keyless' })
  return { ...statement, sql: `${statement.sql}\nLIMIT 1` }
}

/** The type that a column is read as: numeric for money, which is printed as its locale has it. */
export function readType({ type }: RelationColumn): PostgresType {
  if (type.kind === 'base' && type.name === 'money') return NUMERIC
  if (type.kind !== 'array' || type.element.kind !== 'base') return type
  return type.element.name === 'money' ? { ...type, element: NUMERIC } : type
}

const NUMERIC: PostgresType = { kind: 'base', name: 'numeric' }

function selectedSql(column: RelationColumn): string {
  const sql = columnSql(column.name)
  const read = readType(column)
  if (read === column.type) return sql
  return `${sql}::pg_catalog.numeric${read.kind === 'array' ? '[]' : ''}`
}

function filterConditions(filter: RowFilter): string[] {
  const conditions: string[] = []
  // A line of its own ends a comment.
  if (filter.where !== undefined) conditions.push(`(${filter.where}\n)`)
  if (filter.since !== undefined) {
    const { column, after } = filter.since
    const value = `${quoteLiteral(after)}::${column.typeSql}`
    conditions.push(`${columnSql(column.name)} > ${value}`)
  }
  return conditions
}

function sectionConditions(key: RowKey, section: KeySection): string[] {
  if (section.kind === 'keyless') {
    return [`(${key.parts.map(({ sql }) => `${sql} IS NULL`).join(' OR ')})`]
  }
  const conditions = key.nullable ? key.parts.map(({ sql }) => `${sql} IS NOT NULL`) : []
  if (section.after !== undefined) {
    conditions.push(compareSql(key.parts, '>', section.after))
  }
  if (section.upTo !== undefined) {
    conditions.push(compareSql(key.parts, '<=', section.upTo))
  }
  return conditions
}

/** Compares all parts at once, which an index over them serves. */
function compareSql(parts: readonly KeyPart[], operator: '>' | '<=', texts: KeyTexts): string {
  const values = parts.map(
    ({ typeSql }, index) => `${quoteLiteral(texts[index] ?? '')}::${typeSql}`,
  )
  const names = parts.map(({ sql }) => sql)
  if (names.length === 1) return `${names[0]} ${operator} ${values[0]}`
  return `(${names.join(', ')}) ${operator} (${values.join(', ')})`
}

function whereSql(conditions: readonly string[]): string {
  return conditions.length === 0 ? '' : `\nWHERE ${conditions.join('\n  AND ')}`
}
