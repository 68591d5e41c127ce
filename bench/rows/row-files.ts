import { appendFileSync, existsSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { userRow, type UserRow } from './generated-rows.js'

export type RowFormat = 'csv' | 'jsonl'

const CHUNK_ROWS = 2_000

export function rowFile(folder: string, format: RowFormat, rows: number): string {
  return join(folder, `users-${rows}.${format}`)
}

/** Writes the first rows to a file of the folder, unless it is there. */
export function writeRowFile(folder: string, format: RowFormat, rows: number): void {
  const file = rowFile(folder, format, rows)
  if (existsSync(file)) return
  const write = format === 'csv' ? csvLine : JSON.stringify
  const unfinished = `${file}.part`
  writeFileSync(unfinished, format === 'csv' ? `${Object.keys(userRow(0)).join(',')}\n` : '')
  for (let at = 0; at < rows; at += CHUNK_ROWS) {
    const length = Math.min(CHUNK_ROWS, rows - at)
    const lines = Array.from({ length }, (_, index) => `${write(userRow(at + index))}\n`)
    appendFileSync(unfinished, lines.join(''))
  }
  renameSync(unfinished, file)
}

function csvLine(row: UserRow): string {
  return Object.values(row)
    .map((value) => (typeof value === 'string' ? `"${value.replaceAll('"', '""')}"` : value))
    .join(',')
}
