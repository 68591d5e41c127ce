/** A relation by name; without a schema it is looked for along the search path. */
export interface RelationName {
  readonly schema: string | undefined
  readonly name: string
}

/** An identifier as SQL takes it, whatever characters it holds. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A text as SQL takes it, where `standard_conforming_strings` is on. */
export function quoteLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

export function quoteRelation({ schema, name }: RelationName): string {
  return (schema === undefined ? '' : `${quoteIdentifier(schema)}.`) + quoteIdentifier(name)
}

const PART = /"(?:[^"]|"")+"|[^".]+/y

/**
 * Reads `users`, `sales.users` or `"odd.schema"."odd table"`. Letters keep their case also where
 * they are not quoted. Gives `undefined` for what is no such name.
 */
export function parseRelationName(text: string): RelationName | undefined {
  const parts: string[] = []
  PART.lastIndex = 0
  for (;;) {
    const part = PART.exec(text)?.[0]
    if (part === undefined) return undefined
    parts.push(part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part)
    if (PART.lastIndex === text.length) break
    if (text[PART.lastIndex] !== '.') return undefined
    PART.lastIndex += 1
  }
  const [first, second] = parts
  if (first === undefined || parts.length > 2) return undefined
  return second === undefined ? { schema: undefined, name: first } : { schema: first, name: second }
}
