import { excerpt } from '../../core/outcome.js'
import type { SqliteColumn, SqliteValue } from '../../stores/sqlite/sqlite-connection.js'
import { claimOf, storageClass, type StorageClass } from './declared-type.js'
import { valueText } from './key-cursor.js'
import { sqliteReader, type SqliteRepresentation } from './representations.js'

/** A text of which the bytes are none in the encoding of the database. */
export class BrokenText {
  readonly bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }
}

/** A value as it is read: besides what is stored, a text that is none. */
export type ReadValue = SqliteValue | BrokenText

export interface Mismatch {
  readonly column: string
  /** What the column is: `declared INTEGER`, `read as decimal`. */
  readonly expected: string
  /** The same for the same kind of mismatch. */
  readonly reason: string
  readonly value: string
  /** Cannot be kept: there is no value that says what is stored. */
  readonly fatal: boolean
}

interface ColumnReader {
  readonly name: string
  readonly expected: string
  readonly claim: readonly StorageClass[] | undefined
  readonly read: ((value: Exclude<SqliteValue, null>) => unknown) | undefined
}

/** Makes rows of values, and tells those that contradict their column. */
export class RowDecoder {
  readonly #columns: readonly ColumnReader[]

  constructor(
    columns: readonly SqliteColumn[],
    types: Readonly<Record<string, SqliteRepresentation | undefined>>,
  ) {
    this.#columns = columns.map(({ name, type }) => {
      const asked = Object.hasOwn(types, name) ? types[name] : undefined
      if (asked !== undefined) {
        const expected = `read as ${asked}`
        return { name, expected, claim: undefined, read: sqliteReader(asked) }
      }
      return { name, expected: `declared ${type}`, claim: claimOf(type), read: undefined }
    })
  }

  /** @param start index of the first column among the values */
  decode(
    values: readonly ReadValue[],
    start: number,
    mismatched: (mismatch: Mismatch) => void,
  ): Record<string, unknown> {
    const row: Record<string, unknown> = {}
    for (const [index, column] of this.#columns.entries()) {
      const value = values[start + index] ?? null
      const read = value === null ? null : this.#read(column, value, mismatched)
      if (column.name !== '__proto__') row[column.name] = read
      else Object.defineProperty(row, '__proto__', { value: read, ...OWN })
    }
    return row
  }

  #read(
    column: ColumnReader,
    value: Exclude<ReadValue, null>,
    mismatched: (mismatch: Mismatch) => void,
  ): unknown {
    const { name, expected, claim, read } = column
    if (value instanceof BrokenText) {
      mismatched({
        column: name,
        expected: 'text',
        reason: 'Text that is not in the encoding of the database',
        value: excerpt(valueText(value.bytes)),
        fatal: true,
      })
      return value.bytes
    }
    // Drivers give a Buffer, which prints and compares differently.
    const stored =
      value instanceof Uint8Array
        ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
        : value
    const fitting = read === undefined ? stored : read(stored)
    const fits = fitting !== undefined && (claim?.includes(storageClass(stored)) ?? true)
    if (fits) return fitting
    mismatched({
      column: name,
      expected,
      reason: `Column is ${expected}, the value is ${storageClass(stored)}`,
      value: excerpt(valueText(stored)),
      fatal: false,
    })
    return stored
  }
}

const OWN = { writable: true, enumerable: true, configurable: true } as const
