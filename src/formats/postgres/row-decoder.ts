import { cellLayout, type CellLayout } from '../../core/cells.js'
import { excerpt } from '../../core/outcome.js'
import { JsonError } from '../json/json-error.js'
import { PostgresTextError } from './postgres-text-error.js'
import { cellDecoder, type DecodeValue } from './value-decoder.js'
import type { PostgresRepresentation, PostgresType } from './postgres-type.js'

export interface DecodedColumn {
  readonly name: string
  readonly type: PostgresType
  /** In place of the usual one. */
  readonly representation?: PostgresRepresentation | undefined
}

/** Why a row could not be decoded. */
export interface UndecodedRow {
  readonly column: string
  readonly reason: string
  readonly value: string
}

/** A column whose values are made at once, as that may fail. */
interface CheckedColumn {
  readonly place: number
  readonly name: string
  readonly decode: DecodeValue
}

/**
 * Makes cells of the texts of columns: values where that may fail, texts where it cannot. Further
 * texts behind those are left alone.
 */
export class RowDecoder {
  readonly layout: CellLayout
  readonly #checked: readonly CheckedColumn[]

  constructor(columns: readonly DecodedColumn[]) {
    const decoders = columns.map(({ type, representation }) => cellDecoder(type, representation))
    this.layout = cellLayout(
      columns.map(({ name }, place) => {
        const { decode, sure, digits } = decoders[place] as (typeof decoders)[number]
        return { name, at: 'read', place, decode: sure ? decode : undefined, digits }
      }),
    )
    this.#checked = columns.flatMap(({ name }, place) => {
      const { decode, sure } = decoders[place] as (typeof decoders)[number]
      return sure || decode === undefined ? [] : [{ place, name, decode }]
    })
  }

  /** @throws whatever a value's decoder throws; `explain` tells of it */
  cells(texts: readonly (string | null)[]): readonly unknown[] {
    if (this.#checked.length === 0) return texts
    const cells: unknown[] = [...texts]
    for (const { place, decode } of this.#checked) {
      const text = texts[place] as string | null
      if (text !== null) cells[place] = decode(text)
    }
    return cells
  }

  /** Which value of a row that `cells` refused is to blame. */
  explain(texts: readonly (string | null)[], error: unknown): UndecodedRow {
    for (const { place, name: column, decode } of this.#checked) {
      const text = texts[place] ?? null
      try {
        if (text !== null) decode(text)
      } catch (cause) {
        if (cause instanceof PostgresTextError) {
          return { column, reason: `value is ${cause.message}`, value: excerpt(text) }
        }
        if (cause instanceof JsonError) {
          return { column, reason: `value is not JSON: ${cause.reason}`, value: excerpt(text) }
        }
        throw cause
      }
    }
    throw error
  }

  /** The row as the server printed it. */
  printed(texts: readonly (string | null)[]): Record<string, string | null> {
    return Object.fromEntries(
      this.layout.columns.map(({ name, place }) => [name, texts[place] ?? null]),
    )
  }
}
