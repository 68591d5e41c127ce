import { HeadraceError } from '../../core/errors.js'
import { parseIon } from '../../formats/ion/parse-ion.js'
import { decodeItem, type AttributeMap } from '../../formats/dynamodb/attribute-value.js'

type Item = { readonly [attribute: string]: unknown }

/** A row of an incremental export: what became of one item between two points in time. */
export interface ExportedChange<out I extends object = Item, out K extends object = Item> {
  readonly keys: K
  /** The item at the end; absent when it was deleted. */
  readonly newImage?: I
  /** The item at the start; absent when it is new, and in exports of new images only. */
  readonly oldImage?: I
  /** When it was last written, in µs since 1970. */
  readonly writtenAtMicros: number
}

/** The row in a line of a data file. */
export type ToRow = (line: string) => object

/** How the lines of an export are read; `undefined` for a format that is not. */
export function rowReader(format: string, kind: 'full' | 'incremental'): ToRow | undefined {
  const parse = PARSERS.get(format)
  const rowOf = kind === 'full' ? itemOf : changeOf
  return parse === undefined ? undefined : (line) => rowOf(parse(line))
}

const PARSERS: ReadonlyMap<string, (line: string) => unknown> = new Map([
  ['DYNAMODB_JSON', (line: string): unknown => JSON.parse(line)],
  ['ION', parseIonLine],
])

/** As JSON has it; Ion puts the changes of an incremental export one struct deeper. */
function parseIonLine(line: string): unknown {
  const top = parseIon(line)
  const members = Object.entries(top['Record']?.M ?? top)
  return Object.fromEntries(members.map(([name, { M }]) => [name, M]))
}

/** A line of a full export: `{"Item":{…}}`. */
function itemOf(line: unknown): object {
  return decodeItem(imageOf(line, 'Item'))
}

/** A line of an incremental export: metadata, keys, and images. */
function changeOf(line: unknown): ExportedChange {
  const { NewImage, OldImage } = line as Readonly<Record<string, unknown>>
  return {
    keys: decodeItem(imageOf(line, 'Keys')),
    ...(NewImage === undefined ? {} : { newImage: decodeItem(imageOf(line, 'NewImage')) }),
    ...(OldImage === undefined ? {} : { oldImage: decodeItem(imageOf(line, 'OldImage')) }),
    writtenAtMicros: writtenAt(line),
  }
}

/** AWS documents a plain value; what it writes is `{"N":"…"}`. */
function writtenAt(line: unknown): number {
  const { Metadata } = line as { readonly Metadata?: { readonly WriteTimestampMicros?: unknown } }
  const given = Metadata?.WriteTimestampMicros
  const plain = typeof given === 'object' ? (given as { readonly N?: unknown } | null)?.N : given
  const micros = Number(plain)
  if (plain === undefined || !Number.isSafeInteger(micros)) {
    throw malformed('Metadata.WriteTimestampMicros')
  }
  return micros
}

function imageOf(line: unknown, name: string): AttributeMap {
  const value = (line as Readonly<Record<string, unknown>> | null)?.[name]
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as AttributeMap
  }
  throw malformed(name)
}

function malformed(name: string): HeadraceError {
  return new HeadraceError('SOURCE_MALFORMED', `Expected ${name}`)
}
