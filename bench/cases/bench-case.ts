import type { Peer } from '../peers/peer.js'
import type { ItemSize } from '../rows/generated-rows.js'
import type { RowFormat } from '../rows/row-files.js'
import type { StandInOptions } from '../stand-in/start-stand-in.js'

export interface PeerCase {
  readonly name: string
  readonly load: () => Promise<Peer>
  /** Instead of that of the case. */
  readonly concurrency?: number
  /** Share of the rows, for a peer that takes its time; or several times as many. @default 1 */
  readonly share?: number
}

export interface BenchCase {
  readonly name: string
  /** What is measured, in a few words. */
  readonly title: string
  readonly size?: ItemSize
  /** Rows of a measured pass; a tenth of that warms up. */
  readonly rows: number
  readonly concurrency?: number
  /**
   * What a pass writes to the stand-in, which counts it: the items as they were generated, with
   * which it is compared, or any. @default it writes nothing
   */
  readonly writes?: 'generated' | 'any'
  readonly standIn?: StandInOptions
  readonly files?: RowFormat
  readonly postgres?: boolean
  readonly peers: readonly PeerCase[]
}

/** Takes long, and is measured only when it is named: it makes a table of its own. */
export interface StudyCase {
  readonly name: string
  readonly title: string
  readonly load: () => Promise<Study>
}

export interface StudyOptions {
  /** Shows that all works, measures nothing. */
  readonly quick: boolean
  /** Where to draw to. */
  readonly plots: string | undefined
  /** The machine, to be named in plots. */
  readonly machine: string
  readonly tell: (progress: string) => void
}

export interface StudyTable {
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** Measures, and throws where a result is not what it should be. */
export type Study = (options: StudyOptions) => Promise<StudyTable>
