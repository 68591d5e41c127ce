import type { PostgresType } from '../../formats/postgres/postgres-type.js'
import type { PostgresSession } from '../../stores/postgres/postgres-session.js'

/** A type as the catalog has it. */
interface CatalogType {
  readonly oid: string
  readonly name: string
  /** How it is written in a cast. */
  readonly sql: string
  readonly base: string | null
  readonly element: string | null
  readonly delimiter: string | null
  readonly fields: readonly { readonly name: string; readonly type: string }[] | null
}

/** The types of some columns, and of all that these are made of. */
const TYPES = `
  WITH RECURSIVE wanted (oid) AS (
    SELECT unnest($1::pg_catalog.oid[])
    UNION
    SELECT part.oid
    FROM wanted
    JOIN pg_catalog.pg_type t ON t.oid = wanted.oid
    CROSS JOIN LATERAL (
      SELECT t.typbasetype WHERE t.typtype = 'd'
      UNION ALL
      SELECT t.typelem WHERE t.typinput = 'pg_catalog.array_in'::pg_catalog.regproc
      UNION ALL
      SELECT a.atttypid FROM pg_catalog.pg_attribute a
      WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
    ) AS part (oid))
  SELECT json_agg(json_build_object(
    'oid', t.oid::text, 'name', t.typname, 'sql', pg_catalog.format_type(t.oid, -1),
    'base', CASE WHEN t.typtype = 'd' THEN t.typbasetype::text END,
    'element', CASE WHEN t.typinput = 'pg_catalog.array_in'::pg_catalog.regproc
      THEN t.typelem::text END,
    'delimiter', (SELECT e.typdelim FROM pg_catalog.pg_type e WHERE e.oid = t.typelem),
    'fields', CASE WHEN t.typtype = 'c' THEN (
      SELECT coalesce(json_agg(json_build_object('name', a.attname, 'type', a.atttypid::text)
        ORDER BY a.attnum), '[]')
      FROM pg_catalog.pg_attribute a
      WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped) END))
  FROM wanted JOIN pg_catalog.pg_type t ON t.oid = wanted.oid`

/** A type, and how a cast to it is written. */
export interface ReadType {
  readonly type: PostgresType
  readonly sql: string
}

/** What the types of these numbers are made of. */
export async function readTypes(
  session: PostgresSession,
  oids: readonly number[],
): Promise<ReadonlyMap<number, ReadType>> {
  const listed = (await session.queryJson<CatalogType[]>(TYPES, [`{${oids.join(',')}}`])) ?? []
  const byOid = new Map(listed.map((type) => [type.oid, type]))
  return new Map(
    oids.map((oid) => {
      const sql = byOid.get(String(oid))?.sql ?? 'text'
      return [oid, { type: assemble(String(oid), byOid), sql }]
    }),
  )
}

function assemble(oid: string, byOid: ReadonlyMap<string, CatalogType>): PostgresType {
  const type = byOid.get(oid)
  if (type === undefined) return { kind: 'base', name: 'unknown' }
  if (type.base !== null) return assemble(type.base, byOid)
  if (type.element !== null) {
    const delimiter = type.delimiter ?? ','
    return { kind: 'array', element: assemble(type.element, byOid), delimiter }
  }
  if (type.fields !== null) {
    const fields = type.fields.map(({ name, type: field }) => ({
      name,
      type: assemble(field, byOid),
    }))
    return { kind: 'composite', fields }
  }
  return { kind: 'base', name: type.name }
}
