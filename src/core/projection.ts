import { isNumberValue } from './number-value.js'
import type { Reject } from './outcome.js'

/**
 * What a stage makes of columns, worked out for rows that have these. It is data, so that it can be
 * done to rows that are not made yet.
 */
export interface Projection {
  /** Values made for each row, in this order; the first that cannot be made rejects the row. */
  readonly makes: readonly Making[]
  /** The columns behind the stage, in order and of different names. */
  readonly columns: readonly ProjectedColumn[]
}

export interface ProjectedColumn {
  readonly name: string
  /** Place among the columns before; from their number on, among the values made. */
  readonly of: number
}

/** How a value is made of columns, which are given by their places; `undefined` is none. */
export type Making =
  | { readonly kind: 'constant'; readonly value: unknown }
  | {
      readonly kind: 'apply'
      /** Named in the reject. */
      readonly column: string
      readonly of: number | undefined
      /** @throws Error whose message is the reason of the reject */
      readonly apply: (value: unknown) => unknown
    }
  | {
      /** The parts, each a text and a column behind it, and the text at the end. */
      readonly kind: 'text'
      readonly parts: readonly {
        readonly before: string
        readonly column: string
        readonly of: number | undefined
      }[]
      readonly end: string
    }

/** Works out what a stage does to rows with these columns, or why no such row can pass. */
export type Project = (columns: readonly string[]) => Projection | Reject

/**
 * A value as part of a text that is made of columns: as a template literal has it.
 * @throws Error for what is missing or empty, and for what has no one text
 */
export function textOfPart(value: unknown): string {
  switch (typeof value) {
    case 'string':
      if (value !== '') return value
      throw new Error('a part of the key is empty')
    case 'number':
      if (Number.isFinite(value)) return String(value)
      throw new Error('a part of the key is NaN or infinite')
    case 'bigint':
    case 'boolean':
      return String(value)
    default:
      if (isNumberValue(value)) return value.value
      if (value === null || value === undefined) throw new Error('a part of the key is missing')
      throw new Error('a part of the key is neither text nor a number')
  }
}
