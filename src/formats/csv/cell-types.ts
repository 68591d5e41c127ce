import { NumberValue } from '../../core/number-value.js'

/** What the text of a cell can be read as, and the value that gives. */
export interface CellTypes {
  /** The text as it stands. */
  readonly string: string
  /** Digits with or without a sign, exact at any length. */
  readonly integer: bigint
  /** Decimal digits, exact at any length. */
  readonly decimal: NumberValue
  /** Decimal digits, as the nearest double. */
  readonly number: number
  /** `true` or `false`, in any case. */
  readonly boolean: boolean
}

export type CellType = keyof CellTypes
export type CellValue = CellTypes[CellType]

/** How a text is read as a type; `undefined` where it is none, and then what was expected. */
export interface CellReader {
  readonly read: (text: string) => CellValue | undefined
  readonly expected: string
}

const INTEGER = /^[+-]?\d+$/
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/

export const CELL_READERS: Readonly<Record<CellType, CellReader>> = {
  string: { read: (text) => text, expected: 'expected text' },
  integer: {
    read: (text) => {
      if (!INTEGER.test(text)) return undefined
      return BigInt(text.startsWith('+') ? text.slice(1) : text)
    },
    expected: 'expected an integer',
  },
  decimal: {
    read: (text) => {
      if (!DECIMAL.test(text)) return undefined
      return new NumberValue(text.startsWith('+') ? text.slice(1) : text)
    },
    expected: 'expected a decimal number',
  },
  number: {
    read: (text) => {
      const value = DECIMAL.test(text) ? Number(text) : Number.NaN
      return Number.isFinite(value) ? value : undefined
    },
    expected: 'expected a number',
  },
  boolean: {
    read: (text) => {
      const word = text.toLowerCase()
      return word === 'true' ? true : word === 'false' ? false : undefined
    },
    expected: 'expected true or false',
  },
}
