/** `read = stored + superseded + skipped + rejected` at the end of every run. */
export interface RowCounts {
  read: number
  stored: number
  superseded: number
  skipped: number
  rejected: number
}

export interface ItemCounts {
  stored: number
  superseded: number
  rejected: number
  /** Items whose key another row of the run had before: those superseded, and those dropped. */
  duplicateKeys: number
}
