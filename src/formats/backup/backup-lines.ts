import { HeadraceError } from '../../core/errors.js'
import type { Json } from '../../core/row-batch.js'
import type { AttributeMap } from '../dynamodb/attribute-value.js'

/** What a backup says of itself, in its first line. */
export interface BackupHead {
  /** Name of the table. */
  readonly table: string
  /** Where it was: a region, an endpoint, or `local`. */
  readonly from: string
  /** When reading began, ISO 8601. */
  readonly startedAt: string
  readonly writtenBy: string
  /** Keys and `create` of the table, as `toDynamodb` takes them. */
  readonly definition: { readonly [option: string]: Json | undefined }
}

/** What a backup should hold, in its last line. */
export interface BackupTrailer {
  readonly items: number
  /** Of all that is before this line, uncompressed, in hex. */
  readonly sha256: string
}

const VERSION = 1

export function headLine(head: BackupHead): string {
  return `${JSON.stringify({ Backup: { version: VERSION, ...head } })}\n`
}

/** @param text the item in canonical text: one line of DynamoDB JSON */
export function itemLine(text: string): string {
  return `{"Item":${text}}\n`
}

export function trailerLine(trailer: BackupTrailer): string {
  return `${JSON.stringify({ Trailer: trailer })}\n`
}

/** @throws HeadraceError `SOURCE_MALFORMED` */
export function parseHead(line: string): BackupHead {
  const head = memberOf(line, 'Backup')
  if (head === undefined) throw malformed('the first line to describe the backup', line)
  const { version, table, from, startedAt, writtenBy, definition } = head
  if (version !== VERSION) {
    throw new HeadraceError(
      'SOURCE_MALFORMED',
      `The backup has the format ${JSON.stringify(version)}; this version reads ${VERSION}`,
      { hint: 'Restore it with the version of headrace that wrote it.' },
    )
  }
  const texts = [table, from, startedAt, writtenBy]
  if (!texts.every((text) => typeof text === 'string') || !isObject(definition)) {
    throw malformed('the first line to name table, origin, time and definition', line)
  }
  return { table, from, startedAt, writtenBy, definition } as unknown as BackupHead
}

/** `undefined` for a line that is none. */
export function parseTrailer(line: string): BackupTrailer | undefined {
  const { items, sha256 } = memberOf(line, 'Trailer') ?? {}
  if (!Number.isSafeInteger(items) || typeof sha256 !== 'string') return undefined
  return { items: items as number, sha256 }
}

/** @throws HeadraceError `SOURCE_MALFORMED` for a line that is no item */
export function parseItem(line: string): AttributeMap {
  const item = memberOf(line, 'Item')
  if (item === undefined) throw malformed('an item', line)
  return item as AttributeMap
}

function memberOf(line: string, name: string): Readonly<Record<string, unknown>> | undefined {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return undefined
  }
  const member = isObject(value) ? value[name] : undefined
  return isObject(member) ? member : undefined
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function malformed(expected: string, line: string): HeadraceError {
  const got = line.length <= 60 ? line : `${line.slice(0, 59)}…`
  return new HeadraceError('SOURCE_MALFORMED', `Expected ${expected}; got ${got || 'nothing'}`, {
    hint: 'Name a file that headrace backup has written.',
  })
}
