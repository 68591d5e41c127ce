import type { Counts } from './received.js'

/**
 * Whether the stand-in received so many items, and these.
 * @param expected their digest; none: any items
 */
export function checkReceived(counts: Counts, rows: number, expected: string | undefined): void {
  if (counts.items !== rows) {
    throw new Error(`Expected ${rows} items at the stand-in; it counted ${counts.items}`)
  }
  // A table that is read back keeps its items, and digests none.
  if (counts.digest === '' || expected === undefined || counts.digest === expected) return
  throw new Error(`The stand-in received other items: ${counts.digest}, not ${expected}`)
}
