import { HeadraceError } from '../../core/errors.js'
import { requireKnownOptions } from '../../core/known-options.js'
import type { JsonLayout } from '../../formats/json/sniff-layout.js'
import { requirePath } from '../files/require-path.js'

export interface FromJsonOptions {
  /** A file, a glob, a list of both, or `-` for standard input. gzip is told by its first bytes. */
  readonly path: string | readonly string[]
  /**
   * How values stand in the file: `lines` (one a line), `array` (the elements of one array), or
   * `values` (one after the other, pretty-printed or not). `auto`: `lines` for names that end in
   * `.jsonl` or `.ndjson` (`.gz` aside), or when the first line is a whole value; `array` when the
   * file starts with `[`; else `values`.
   * @default 'auto'
   */
  readonly format?: 'auto' | JsonLayout
  /**
   * `exact` keeps every digit: integers beyond ±(2^53 − 1) become `bigint`, decimals that a double
   * would change become `NumberValue`. `double` makes every number a double.
   * @default 'exact'
   */
  readonly numbers?: 'exact' | 'double'
  /**
   * `ejson` reads MongoDB Extended JSON, as `mongoexport` writes it: version 2, canonical and
   * relaxed, and older forms. Dates become ISO text, ObjectIds their hexadecimal digits, 64-bit
   * integers `bigint`, Decimal128 `NumberValue`.
   * @default 'json'
   */
  readonly dialect?: 'json' | 'ejson'
  /**
   * Where the array stands in the file, as a JSON Pointer (RFC 6901): `/features`, `/data/0/items`.
   * What follows the array is not read.
   */
  readonly pointer?: string
  /**
   * A longer value is rejected without being kept in memory; in bytes, 1,000 to 256 MiB.
   * @default 16 MiB
   */
  readonly maxRecordBytes?: number
}

/** Options with nothing left open. */
export interface JsonSettings {
  readonly path: string | readonly string[]
  readonly format: 'auto' | JsonLayout
  readonly numbers: 'exact' | 'double'
  readonly dialect: 'json' | 'ejson'
  readonly pointer: readonly string[]
  readonly recordBytesMax: number
}

const MIB = 1024 * 1024
const RECORD_BYTES_DEFAULT = 16 * MIB
const RECORD_BYTES_MIN = 1_000
const RECORD_BYTES_MAX = 256 * MIB

const FORMATS = ['auto', 'lines', 'array', 'values'] as const
const NUMBERS = ['exact', 'double'] as const
const DIALECTS = ['json', 'ejson'] as const
const NAMES = ['path', 'format', 'numbers', 'dialect', 'pointer', 'maxRecordBytes']

/** @throws HeadraceError `PIPELINE_INVALID` saying what was expected */
export function jsonSettings(options: FromJsonOptions): JsonSettings {
  requireKnownOptions('fromJson', options, NAMES)
  const { path, format = 'auto', numbers = 'exact', pointer } = options
  const { dialect = 'json', maxRecordBytes = RECORD_BYTES_DEFAULT } = options
  requirePath('fromJson', path)
  if (!FORMATS.includes(format))
    throw invalid(`\`format\` to be one of ${FORMATS.join(', ')}`, format)
  if (!NUMBERS.includes(numbers)) throw invalid("`numbers` to be 'exact' or 'double'", numbers)
  if (!DIALECTS.includes(dialect)) throw invalid("`dialect` to be 'json' or 'ejson'", dialect)
  if (pointer !== undefined && format !== 'auto' && format !== 'array') {
    throw invalid("`format` to be 'array' where there is a `pointer`", format)
  }
  const inRange = maxRecordBytes >= RECORD_BYTES_MIN && maxRecordBytes <= RECORD_BYTES_MAX
  if (!Number.isInteger(maxRecordBytes) || !inRange) {
    const range = `${RECORD_BYTES_MIN} to ${RECORD_BYTES_MAX}`
    throw invalid(`\`maxRecordBytes\` to be a whole number from ${range}`, maxRecordBytes)
  }
  return {
    path,
    format: pointer === undefined ? format : 'array',
    numbers,
    dialect,
    pointer: pointerTokens(pointer ?? ''),
    recordBytesMax: maxRecordBytes,
  }
}

function pointerTokens(pointer: string): string[] {
  if (pointer === '') return []
  if (typeof pointer !== 'string' || !/^(\/([^~]|~[01])*)$/.test(pointer)) {
    throw invalid('`pointer` to be a JSON Pointer such as "/items"', pointer)
  }
  return pointer
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function invalid(expected: string, got: unknown): HeadraceError {
  return new HeadraceError(
    'PIPELINE_INVALID',
    `fromJson: expected ${expected}; got ${JSON.stringify(got) ?? String(got)}`,
  )
}
