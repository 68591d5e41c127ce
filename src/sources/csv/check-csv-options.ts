import { HeadraceError } from '../../core/errors.js'
import { requireKnownOptions } from '../../core/known-options.js'
import { excerpt } from '../../core/outcome.js'
import { CELL_READERS } from '../../formats/csv/cell-types.js'
import { duplicateNames } from '../../formats/csv/column-names.js'
import { TEXT_ENCODINGS } from '../../formats/csv/text-encoding.js'
import type { CsvOptions } from './csv-options.js'

type Check = readonly [expected: string, holds: (value: unknown) => boolean]

const CHECKS: { readonly [option in keyof Required<CsvOptions>]: Check } = {
  path: ['a path or a list of paths', isPath],
  columns: ['a list of at least one name', (value) => isTexts(value) && value.length > 0],
  types: [`${choice(Object.keys(CELL_READERS))} by column name`, isTypes],
  nulls: ['a list of texts', isTexts],
  delimiter: ['one or more characters, none of them a line end', isDelimiter],
  quote: ['one character, or false', (value) => value === false || isCharacter(value)],
  escape: ['one character', isCharacter],
  relaxQuotes: ['true or false', (value) => typeof value === 'boolean'],
  comment: ['one or more characters, none of them a line end', isDelimiter],
  encoding: oneOf(TEXT_ENCODINGS),
  skipLines: ['a whole number from 0 up', (value) => isCount(value, 0)],
  emptyLines: oneOf(['skip', 'keep']),
  ragged: oneOf(['reject', 'pad', 'error']),
  duplicateColumns: oneOf(['error', 'suffix']),
  maxRecordBytes: ['a whole number from 1024 up', (value) => isCount(value, 1024)],
}

/** @throws HeadraceError `PIPELINE_INVALID` for options that are unknown, wrong or contradictory */
export function checkCsvOptions(options: CsvOptions): void {
  requireKnownOptions('fromCsv', options, Object.keys(CHECKS))
  for (const [option, [expected, holds]] of Object.entries(CHECKS)) {
    const value = options[option as keyof CsvOptions]
    if (value === undefined && option !== 'path') continue
    if (!holds(value)) {
      throw invalid(`Expected \`${option}\` of fromCsv to be ${expected}, got ${excerpt(value)}`)
    }
  }
  const problem = contradiction(options)
  if (problem !== undefined) throw invalid(problem)
}

function contradiction(options: CsvOptions): string | undefined {
  const { columns = [], delimiter = ',', comment, escape, quote = '"' } = options
  const twice = duplicateNames(columns)
  if (twice.length > 0) return `\`columns\` of fromCsv names ${twice.join(', ')} more than once`
  const untyped = Object.keys(options.types ?? {}).find((name) => !columns.includes(name))
  if (options.columns !== undefined && untyped !== undefined) {
    return `\`types\` of fromCsv names ${untyped}, which is not among \`columns\``
  }
  if (options.columns !== undefined && options.duplicateColumns !== undefined) {
    return '`duplicateColumns` of fromCsv has no effect when `columns` are given'
  }
  if (quote === false && (escape !== undefined || options.relaxQuotes === true)) {
    return '`escape` and `relaxQuotes` of fromCsv have no effect when `quote` is false'
  }
  const marks: readonly (readonly [string, string | undefined])[] = [
    ['delimiter', delimiter],
    ['quote', quote === false ? undefined : quote],
    ['escape', escape === quote ? undefined : escape],
    ['comment', comment],
  ]
  for (const [at, [name, mark]] of marks.entries()) {
    const same = marks.slice(at + 1).find(([, other]) => mark !== undefined && other === mark)
    if (same !== undefined) {
      return `\`${name}\` and \`${same[0]}\` of fromCsv are both ${JSON.stringify(mark)}`
    }
  }
  return undefined
}

function invalid(message: string): HeadraceError {
  return new HeadraceError('PIPELINE_INVALID', message)
}

function oneOf(values: readonly string[]): Check {
  return [choice(values), (value) => values.includes(value as string)]
}

function choice(values: readonly string[]): string {
  return values.map((value) => `'${value}'`).join(', ')
}

function isPath(value: unknown): boolean {
  if (typeof value === 'string') return value !== ''
  return isTexts(value) && value.length > 0 && value.every((path) => path !== '')
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string')
}

function isTypes(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((type) => Object.hasOwn(CELL_READERS, String(type)))
  )
}

function isDelimiter(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && !/[\r\n]/.test(value)
}

function isCharacter(value: unknown): boolean {
  return isDelimiter(value) && Array.from(value as string).length === 1
}

function isCount(value: unknown, min: number): boolean {
  return Number.isInteger(value) && (value as number) >= min
}
