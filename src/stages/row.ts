/** The row as a result: a row that is itself an array is not several rows. */
export function asOneRow<R>(row: R): R | readonly R[] {
  return Array.isArray(row) ? [row] : row
}
