/** An identifier, whatever is in it: SQLite doubles the quotes inside. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** The texts joined by `||`, as a tree: SQLite refuses an expression nested 1,000 levels deep. */
export function concatenated(expressions: readonly string[]): string {
  if (expressions.length <= 2) return expressions.join('||')
  const half = expressions.length >> 1
  return `(${concatenated(expressions.slice(0, half))})||(${concatenated(expressions.slice(half))})`
}
