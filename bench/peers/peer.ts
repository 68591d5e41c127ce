import type { ItemSize } from '../rows/generated-rows.js'

/** What a case is measured with. */
export interface Setting {
  /** Of the stand-in. */
  readonly endpoint: string
  readonly size: ItemSize
  /** Requests under way at once. */
  readonly concurrency: number
  /** Where files of rows are, and where run states may go. */
  readonly folder: string
  /** Database with the table `users`; empty for cases that need none. */
  readonly postgres: string
}

/** One way to do what a case is about. */
export interface Subject {
  /** Makes ready for a pass over so many rows; not measured. */
  prepare?(rows: number): Promise<void>
  /** Does it for so many rows; gives how many it says it did. */
  pass(rows: number): Promise<number>
  close(): Promise<void>
}

/** Loads what it needs and connects; not measured. */
export type Peer = (setting: Setting) => Promise<Subject>

/** Of the requests to a stand-in, which checks neither. */
export const ACCESS = {
  region: 'eu-west-1',
  credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
} as const

export const nothingToClose = (): Promise<void> => Promise.resolve()
