import { HeadraceError } from '../../core/errors.js'
import { rowBatch, type Cursor, type RejectedRow, type RowBatch } from '../../core/row-batch.js'
import type { RowDecoder } from '../../formats/postgres/row-decoder.js'
import type { RawRow } from '../../stores/postgres/row-chunks.js'
import type { KeyTexts } from './key-range.js'
import { keyPlaces, type KeySection, type ReadPlan } from './read-statement.js'
import { comparable } from './row-key.js'

/** Rows that may share a key that is not unique; they are held back until the next key is seen. */
const EQUAL_KEYS_MAX = 10_000

interface DecodedRows {
  readonly rows: readonly object[]
  /** With those that were rejected. */
  readonly read: readonly object[]
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
    // What the source gives is its own again when it is asked for more.
    this.#held = all.slice(cut).map((row) => [...row])
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
    const decoded = this.#decode(raw)
    const keys: (string | null)[] = []
    for (const texts of raw) for (const place of this.#places) keys.push(texts[place] ?? null)
    const parts = this.#places.length
    const slice = {
      partition: this.#partition,
      firstRow: this.#firstRow,
      count: raw.length,
      rows: decoded.read,
      cursor: this.#cursorBehind(keys.slice(keys.length - parts), kind),
      locate: (index: number) => this.#locate(keys.slice(index * parts, (index + 1) * parts)),
    }
    this.#firstRow += raw.length
    return rowBatch(decoded.rows, slice, decoded.origins, undefined, decoded.rejected)
  }

  #decode(raw: readonly RawRow[]): DecodedRows {
    const rows: object[] = []
    const rejected: RejectedRow[] = []
    for (let index = 0; index < raw.length; index += 1) {
      const texts = raw[index] as RawRow
      try {
        rows.push(this.#decoder.decode(texts))
      } catch (error) {
        rejected.push({ row: index, stage: 'fromPostgres', ...this.#decoder.explain(texts, error) })
      }
    }
    if (rejected.length === 0) return { rows, read: rows, origins: undefined, rejected }
    const bad = new Set(rejected.map(({ row }) => row))
    const origins = [...raw.keys()].filter((index) => !bad.has(index))
    const read = [...rows]
    for (const { row } of rejected) read.splice(row, 0, this.#decoder.printed(raw[row] ?? []))
    return { rows, read, origins, rejected }
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
