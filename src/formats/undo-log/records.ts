import { hash } from 'node:crypto'

/** The first line of an undo log: whose it is. */
export interface UndoHeader {
  readonly headrace: 'undo log'
  readonly version: 1
  readonly runId: string
  /** Where the table is, as the run's record has it: a region, an endpoint, or `local`. */
  readonly at: string
  readonly region: string
  readonly table: string
  /** Partition key, then the sort key where there is one. */
  readonly keys: readonly { readonly name: string; readonly type: string }[]
  /** In mode `insert` an item that was there before is not the run's, whatever became of it. */
  readonly mode: 'put' | 'insert' | 'update' | 'delete'
  /** Whether the table was there before the run. */
  readonly existed: boolean
  /** How long a request of the run that was given up on may still take effect. */
  readonly graceMs: number
}

/** The table that the run writes to, once it is there: tells it from others of that name. */
export interface TableRecord {
  readonly kind: 'table'
  readonly incarnation: string
}

/** What a key held before the run first wrote it. */
export interface ImageRecord {
  readonly kind: 'image'
  /** DynamoDB JSON of the key, canonical. */
  readonly key: string
  /** Canonical text of the item; `undefined` where there was none. */
  readonly before: string | undefined
  /** Digest of what the run was about to write; that of nothing where it deletes. */
  readonly written: string
}

/** A key that the run wrote before, with another content. */
export interface AgainRecord {
  readonly kind: 'again'
  readonly key: string
  readonly written: string
}

export type UndoRecord = TableRecord | ImageRecord | AgainRecord

/** The digest of no item. */
export const ABSENT = ''

/** 128 bits that stand for an item's canonical text; `ABSENT` for none. */
export function contentDigest(text: string | undefined): string {
  return text === undefined ? ABSENT : hash('sha256', text, 'hex').slice(0, 32)
}

const NONE = '-'
const DIGEST = /^(?:[0-9a-f]{32}|-)$/

/** One line, without its end: fields between tabs, which JSON has none of. */
export function recordLine(record: UndoRecord): string {
  switch (record.kind) {
    case 'table':
      return `table\t${JSON.stringify(record.incarnation)}`
    case 'image':
      return `image\t${record.key}\t${record.before ?? NONE}\t${record.written || NONE}`
    case 'again':
      return `again\t${record.key}\t${record.written || NONE}`
  }
}

/** `undefined` for a line that is none of these. */
export function parseRecord(line: string): UndoRecord | undefined {
  const [kind, key, ...rest] = line.split('\t')
  const written = rest.at(-1) ?? ''
  if (kind === 'table' && key !== undefined && rest.length === 0) {
    const [incarnation] = parseJson(`[${key}]`) as unknown[]
    return typeof incarnation === 'string' ? { kind, incarnation } : undefined
  }
  if (key?.startsWith('{') !== true || !DIGEST.test(written)) return undefined
  const digest = written === NONE ? ABSENT : written
  if (kind === 'again' && rest.length === 1) return { kind, key, written: digest }
  if (kind !== 'image' || rest.length !== 2) return undefined
  const before = rest[0] === NONE ? undefined : rest[0]
  return { kind, key, before, written: digest }
}

function parseJson(text: string): object {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : []
  } catch {
    return []
  }
}

/** `undefined` for a line that is no header of a version known here. */
export function parseHeader(line: string): UndoHeader | undefined {
  const header = parseJson(line) as Partial<UndoHeader>
  const { headrace, version, runId, at, region, table, keys, mode, existed, graceMs } = header
  const fits =
    headrace === 'undo log' &&
    version === 1 &&
    [runId, at, region, table].every((text) => typeof text === 'string') &&
    Array.isArray(keys) &&
    (keys.length === 1 || keys.length === 2) &&
    keys.every((key) => typeof key.name === 'string' && typeof key.type === 'string') &&
    ['put', 'insert', 'update', 'delete'].includes(mode ?? '') &&
    typeof existed === 'boolean' &&
    Number.isSafeInteger(graceMs)
  return fits ? (header as UndoHeader) : undefined
}
