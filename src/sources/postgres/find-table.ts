import { HeadraceError } from '../../core/errors.js'
import { nearestName } from '../../core/known-options.js'
import { quoteRelation, type RelationName } from '../../formats/postgres/identifiers.js'
import type { PostgresSession } from '../../stores/postgres/postgres-session.js'

/** A column as the catalog has it. */
export interface TableColumn {
  readonly name: string
  readonly notNull: boolean
  /** Number of its type in the catalog. */
  readonly type: number
}

/** An index over whole columns and all rows, in the order of its columns. */
export interface TableIndex {
  readonly columns: readonly string[]
  readonly unique: boolean
  readonly primary: boolean
}

/** A table, or what can be read as one. */
export interface Table {
  readonly schema: string
  readonly name: string
  readonly kind: 'table' | 'partitioned' | 'view' | 'materialized' | 'foreign'
  /** Tables inherit from it, or are partitions of it, and are read with it. */
  readonly hasChildren: boolean
  readonly columns: readonly TableColumn[]
  readonly indexes: readonly TableIndex[]
  /** Of this table and those that are read with it, at present. */
  readonly blocks: number
}

const KINDS: Readonly<Record<string, Table['kind']>> = {
  r: 'table',
  p: 'partitioned',
  v: 'view',
  m: 'materialized',
  f: 'foreign',
}

const FIND = `
  SELECT json_build_object(
    'schema', n.nspname, 'name', c.relname, 'kind', c.relkind,
    'hasChildren', EXISTS (SELECT FROM pg_catalog.pg_inherits WHERE inhparent = c.oid),
    'columns', (
      SELECT coalesce(json_agg(json_build_object(
        'name', attname, 'notNull', attnotnull, 'type', atttypid::bigint)
        ORDER BY attnum), '[]')
      FROM pg_catalog.pg_attribute
      WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped),
    'indexes', (
      SELECT coalesce(json_agg(json_build_object(
        'unique', i.indisunique, 'primary', i.indisprimary,
        'columns', (
          SELECT json_agg(a.attname ORDER BY k.place)
          FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)
          LEFT JOIN pg_catalog.pg_attribute a
            ON a.attrelid = c.oid AND a.attnum = k.attnum
          WHERE k.place <= i.indnkeyatts))
        ORDER BY i.indisprimary DESC, i.indexrelid), '[]')
      FROM pg_catalog.pg_index i
      JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
      JOIN pg_catalog.pg_am am ON am.oid = ic.relam
      WHERE i.indrelid = c.oid AND i.indpred IS NULL AND i.indexprs IS NULL
        AND i.indisvalid AND am.amname = 'btree'),
    'blocks', (
      WITH RECURSIVE family (oid) AS (
        SELECT c.oid
        UNION ALL
        SELECT inhrelid FROM family JOIN pg_catalog.pg_inherits ON inhparent = family.oid)
      SELECT coalesce(sum(pg_catalog.pg_relation_size(f.oid)), 0)::bigint
        / current_setting('block_size')::int
      FROM family JOIN pg_catalog.pg_class f ON f.oid = family.oid
      WHERE f.relkind IN ('r', 'm')))
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.oid = pg_catalog.to_regclass($1)`

const NAMES_MAX = 10_000

const NAMES = `
  SELECT json_agg(json_build_array(nspname, relname)) FROM (
    SELECT n.nspname, c.relname
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
      AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
    ORDER BY 1, 2
    LIMIT ${NAMES_MAX}) AS named`

/**
 * Finds a table by its name.
 * @throws HeadraceError `SOURCE_NOT_FOUND`, naming the one that was probably meant
 */
export async function findTable(session: PostgresSession, name: RelationName): Promise<Table> {
  const found = await session.queryJson<Omit<Table, 'kind'> & { readonly kind: string }>(FIND, [
    quoteRelation(name),
  ])
  if (found === undefined) throw await notFound(session, name)
  const kind = KINDS[found.kind]
  if (kind !== undefined) return { ...found, kind }
  throw new HeadraceError('SOURCE_REFUSED', `${asWritten(name)} of ${session.label} is no table`, {
    hint: 'Name a table, a view, a materialized view or a foreign table.',
  })
}

async function notFound(session: PostgresSession, name: RelationName): Promise<HeadraceError> {
  const names = (await session.queryJson<[string, string][]>(NAMES, [])) ?? []
  const meant = probablyMeant(name, names)
  const hint =
    meant === undefined
      ? 'Check the name, the database and the rights of the user.'
      : `Did you mean \`${meant}\`?`
  return new HeadraceError(
    'SOURCE_NOT_FOUND',
    `There is no table ${asWritten(name)} in ${session.label}`,
    { hint },
  )
}

function probablyMeant(
  { schema, name }: RelationName,
  names: readonly (readonly [string, string])[],
): string | undefined {
  const elsewhere = names.find(([, relation]) => relation === name)
  if (elsewhere !== undefined) return elsewhere.join('.')
  const whole = names.map((parts) => parts.join('.'))
  const near = schema === undefined ? undefined : nearestName(`${schema}.${name}`, whole)
  if (near !== undefined) return near
  const alone = nearestName(
    name,
    names.map(([, relation]) => relation),
  )
  return names.find(([, relation]) => relation === alone)?.join('.')
}

function asWritten({ schema, name }: RelationName): string {
  return schema === undefined ? name : `${schema}.${name}`
}
