import { HeadraceError } from '../../core/errors.js'
import { rowAt } from '../../core/cells.js'
import {
  cellBatch,
  type Cursor,
  type RejectedRow,
  type RowBatch,
  type SourceSlice,
} from '../../core/row-batch.js'
import type { RowDecoder } from '../../formats/postgres/row-decoder.js'
import type { RawRow } from '../../stores/postgres/row-chunks.js'
import type { KeyTexts } from './key-range.js'
import { keyPlaces, type KeySection, type ReadPlan } from './read-statement.js'
import { comparable } from './row-key.js'

/** Rows that may share a key that is not unique; they are held back until the next key is seen. */
const EQUAL_KEYS_MAX = 10_000

interface DecodedRows {
  readonly cells: readonly (readonly unknown[])[]
  readonly origins: readonly number[] | undefined
  readonly rejected: readonly RejectedRow[]
}

/** Makes batches of rows as the server prints them, cut only where a position can be given. */
export class BatchMaker {
  readonly #plan: ReadPlan
  readonly #decoder: RowDecoder
  readonly #partition: string
  readonly #resumable: boolean
  readonly #places: readonly number[]
  readonly #keyNames: readonly string[]
  #firstRow: number
  #held: RawRow[] = []
  #taken = false
  /** Key of the last row that was made part of a batch. */
  lastKey: KeyTexts | undefined

  constructor(
    plan: ReadPlan,
    decoder: RowDecoder,
    partition: string,
    firstRow: number,
    notResumable: string | undefined,
  ) {
    this.#plan = plan
    this.#decoder = decoder
    this.#partition = partition
    this.#firstRow = firstRow
    this.#resumable = notResumable === undefined
    this.#places = keyPlaces(plan)
    this.#keyNames = plan.key?.parts.map(({ column }) => column ?? 'ctid') ?? []
  }

  /** No row of the section was made part of a batch, or is held. */
  get nothingTaken(): boolean {
    return !this.#taken
  }

  /** Rows up to the last group of equal keys that is known to be whole; `undefined` for none. */
  take(rows: RawRow[], kind: KeySection['kind']): RowBatch<object> | undefined {
    this.#taken = true
    const { key } = this.#plan
    const wholeGroups = key === undefined || (key.unique && kind === 'keyed')
    if (wholeGroups) return this.#batch(rows, kind)
    const all = this.#held.length === 0 ? rows : [...this.#held, ...rows]
    const cut = kind === 'keyless' ? 0 : this.#startOfLastGroup(all)
    this.#held = all.slice(cut)
    if (this.#held.length > EQUAL_KEYS_MAX) throw this.#tooManyEqual(kind)
    return cut === 0 ? undefined : this.#batch(all.slice(0, cut), kind)
  }

  /** What was held back, at the end of a section; an empty batch where there is nothing. */
  finish(kind: KeySection['kind']): RowBatch<object> | undefined {
    const held = this.#held
    this.#held = []
    this.#taken = false
    return held.length === 0 ? undefined : this.#batch(held, kind)
  }

  /** Rows held back will be read again. */
  forgetHeld(): void {
    this.#held = []
  }

  #batch(raw: readonly RawRow[], kind: KeySection['kind']): RowBatch<object> {
    const { cells: read, origins, rejected } = this.#decode(raw)
    const slice = new RawSlice(this.#decoder, raw, {
      partition: this.#partition,
      firstRow: this.#firstRow,
      cursor: this.#cursorBehind(this.#keyOf(raw.at(-1)), kind),
      locate: (index) => this.#locate(this.#keyOf(raw[index])),
    })
    this.#firstRow += raw.length
    const cells = { layout: this.#decoder.layout, read, made: [] }
    return cellBatch(cells, slice, origins, undefined, rejected)
  }

  #decode(raw: readonly RawRow[]): DecodedRows {
    const cells: (readonly unknown[])[] = []
    const rejected: RejectedRow[] = []
    for (let index = 0; index < raw.length; index += 1) {
      const texts = raw[index] as RawRow
      try {
        cells.push(this.#decoder.cells(texts))
      } catch (error) {
        rejected.push({ row: index, stage: 'fromPostgres', ...this.#decoder.explain(texts, error) })
      }
    }
    if (rejected.length === 0) return { cells, origins: undefined, rejected }
    const bad = new Set(rejected.map(({ row }) => row))
    return { cells, origins: [...raw.keys()].filter((index) => !bad.has(index)), rejected }
  }

  #keyOf(row: RawRow | undefined): (string | null)[] {
    return this.#places.map((place) => row?.[place] ?? null)
  }

  #cursorBehind(key: readonly (string | null)[], kind: KeySection['kind']): Cursor | undefined {
    if (kind === 'keyless') return this.#resumable ? { end: true } : undefined
    this.lastKey = key as KeyTexts
    return this.#resumable ? { after: this.lastKey } : undefined
  }

  #locate(key: readonly (string | null)[]): { readonly of: string; readonly key?: string } {
    const of = this.#plan.relation.label
    if (key.length === 0) return { of }
    const parts = this.#keyNames.map((name, index) => `${name}=${key[index] ?? 'NULL'}`)
    return { of, key: parts.join(' ') }
  }

  #startOfLastGroup(rows: readonly RawRow[]): number {
    const keyOf = (row: RawRow | undefined): string =>
      comparable(this.#places.map((place) => row?.[place] ?? ''))
    const last = keyOf(rows.at(-1))
    let start = rows.length - 1
    while (start > 0 && keyOf(rows[start - 1]) === last) start -= 1
    return start
  }

  #tooManyEqual(kind: KeySection['kind']): HeadraceError {
    const value = kind === 'keyless' ? 'NULL' : 'the same value'
    return new HeadraceError(
      'SOURCE_REFUSED',
      `The cursor of ${this.#plan.relation.label} (${this.#keyNames.join(', ')}) is ${value} in ` +
        `more than ${EQUAL_KEYS_MAX} rows`,
      { hint: 'Add a column to `cursor` that tells these rows apart.' },
    )
  }
}

/** The rows as they were read, which are made when somebody looks at them. */
class RawSlice implements SourceSlice {
  readonly partition: string
  readonly firstRow: number
  readonly count: number
  readonly cursor: Cursor | undefined
  readonly locate: SourceSlice['locate']
  readonly #decoder: RowDecoder
  readonly #raw: readonly RawRow[]
  #rows: readonly object[] | undefined

  constructor(
    decoder: RowDecoder,
    raw: readonly RawRow[],
    { partition, firstRow, cursor, locate }: Omit<SourceSlice, 'count' | 'rows'>,
  ) {
    this.partition = partition
    this.firstRow = firstRow
    this.count = raw.length
    this.cursor = cursor
    this.locate = locate
    this.#decoder = decoder
    this.#raw = raw
  }

  /** Those that could not be decoded as they were printed. */
  get rows(): readonly object[] {
    return (this.#rows ??= this.#raw.map((texts) => originalRow(this.#decoder, texts)))
  }
}

function originalRow(decoder: RowDecoder, texts: RawRow): object {
  try {
    return rowAt({ layout: decoder.layout, read: [decoder.cells(texts)], made: [] }, 0)
  } catch {
    return decoder.printed(texts)
  }
}
