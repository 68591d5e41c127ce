/** A row of which values can be taken by name. */
export type NamedValues = Readonly<Record<string, unknown>>

/** The row as a result: a row that is itself an array is not several rows. */
export function asOneRow<R>(row: R): R | readonly R[] {
  return Array.isArray(row) ? [row] : row
}

/** Sets a column, also one named `__proto__`. */
export function setColumn(row: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(row, name, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    })
  } else {
    row[name] = value
  }
}
