import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { RowLocation } from '../core/row-batch.js'
import { parseRow } from '../formats/json/row-json.js'
import { stateFailure } from '../stores/spill/state-file.js'

/** A line of the reject file. */
interface RejectLine {
  readonly row: {
    readonly number: number
    readonly partition: string
    readonly index: number
    readonly location: RowLocation
  }
  readonly stage: string
  readonly reason: string
  readonly original: unknown
}

/** A row of the reject file, which may have a line for each of its items. */
export interface RejectedOnce {
  readonly row: RejectLine['row']
  readonly original: unknown
  readonly reasons: readonly string[]
  /** How many items of it were rejected; none when a stage rejected the row. */
  readonly items: number
  /** The source could not read it: `original` is text of the file, not a row. */
  readonly unreadable: boolean
  /** As they stand in the file. */
  readonly lines: readonly string[]
}

/** The rows of a reject file, in the order of the file, up to its length in the checkpoint. */
export async function* rejectedRows(path: string, bytes: number): AsyncGenerator<RejectedOnce> {
  if (bytes === 0) return
  let number: number | undefined
  let lines: string[] = []
  try {
    const input = createReadStream(path, { end: bytes - 1 })
    for await (const line of createInterface({ input, crlfDelay: Infinity })) {
      const { row } = parseRow(line) as RejectLine
      if (row.number !== number && lines.length > 0) {
        yield rejectedOnce(lines)
        lines = []
      }
      number = row.number
      lines.push(line)
    }
  } catch (error) {
    throw stateFailure('read', path, error)
  }
  if (lines.length > 0) yield rejectedOnce(lines)
}

function rejectedOnce(lines: readonly string[]): RejectedOnce {
  const parsed = lines.map((line) => parseRow(line) as RejectLine)
  const [{ row, original }] = parsed as [RejectLine, ...RejectLine[]]
  return {
    row,
    original,
    reasons: parsed.map(({ reason }) => reason),
    items: parsed.filter(({ stage }) => stage.startsWith('to') || stage === RETRY_STAGE).length,
    unreadable: parsed.some(({ stage }) => stage.startsWith('from')),
    lines: lines.map((line) => `${line}\n`),
  }
}

/** Stands for the stage in rejects that `retry` itself decides on. */
export const RETRY_STAGE = 'retry'
