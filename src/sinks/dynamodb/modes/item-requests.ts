import { batchWrites, type WrittenTable } from './batch-writes.js'
import { InsertRequests } from './insert-requests.js'
import { UpdateRequests } from './update-requests.js'
import type { ItemRequests, WriteMode } from './write-mode.js'

/** How the items of a mode are sent. */
export function itemRequests(mode: WriteMode, table: WrittenTable): ItemRequests {
  if (mode === 'insert') return new InsertRequests(table)
  return mode === 'update' ? new UpdateRequests(table) : batchWrites(table, mode)
}
