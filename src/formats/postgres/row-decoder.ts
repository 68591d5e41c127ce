import { excerpt } from '../../core/outcome.js'
import { JsonError } from '../json/json-error.js'
import { PostgresTextError } from './postgres-text-error.js'
import type { DecodeValue } from './value-decoder.js'

export interface DecodedColumn {
  readonly name: string
  readonly decode: DecodeValue | undefined
}

/** Why a row could not be decoded. */
export interface UndecodedRow {
  readonly column: string
  readonly reason: string
  readonly value: string
}

/** Makes rows of the texts of their columns; further texts behind those are left alone. */
export class RowDecoder {
  readonly #names: readonly string[]
  readonly #decoders: readonly (DecodeValue | undefined)[]
  /** All columns, so that rows have one shape from the start. */
  readonly #template: Readonly<Record<string, unknown>>
  readonly #isOrdinary: boolean

  constructor(columns: readonly DecodedColumn[]) {
    this.#names = columns.map(({ name }) => name)
    this.#decoders = columns.map(({ decode }) => decode)
    this.#template = Object.fromEntries(this.#names.map((name) => [name, null]))
    this.#isOrdinary = !this.#names.includes('__proto__')
  }

  /** @throws whatever a value's decoder throws; `explain` tells of it */
  decode(texts: readonly (string | null)[]): Record<string, unknown> {
    if (!this.#isOrdinary) return Object.fromEntries(this.#entries(texts))
    const row = { ...this.#template }
    const names = this.#names
    for (let index = 0; index < names.length; index += 1) {
      const text = texts[index] as string | null
      if (text === null) continue
      const decode = this.#decoders[index]
      row[names[index] as string] = decode === undefined ? text : decode(text)
    }
    return row
  }

  /** Which value of a row that `decode` refused is to blame. */
  explain(texts: readonly (string | null)[], error: unknown): UndecodedRow {
    for (const [index, column] of this.#names.entries()) {
      const text = texts[index] ?? null
      try {
        if (text !== null) this.#decoders[index]?.(text)
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
    return Object.fromEntries(this.#names.map((name, index) => [name, texts[index] ?? null]))
  }

  #entries(texts: readonly (string | null)[]): [string, unknown][] {
    return this.#names.map((name, index) => {
      const text = texts[index] ?? null
      const decode = this.#decoders[index]
      return [name, text === null || decode === undefined ? text : decode(text)]
    })
  }
}
