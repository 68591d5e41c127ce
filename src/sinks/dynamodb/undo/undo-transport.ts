import { canonicalItem } from '../../../formats/dynamodb/attribute-value.js'
import type { UndoRecord } from '../../../formats/undo-log/records.js'
import { getItems } from '../../../stores/dynamodb/get-items.js'
import type {
  DynamodbOperation,
  DynamodbResponse,
  DynamodbTransport,
} from '../../../stores/dynamodb/transport.js'
import { plannedWrites } from './planned-writes.js'
import type { UndoLog } from './undo-log.js'

/**
 * Sends what is given, and before each batch of writes logs what its keys hold: read consistently,
 * and safely on disk before the batch is sent. A key's first image stays; what the run writes there
 * later is logged besides, so that it is known for the run's own.
 */
export class UndoTransport implements DynamodbTransport {
  readonly endpoint: string
  readonly #inner: DynamodbTransport
  readonly #log: UndoLog
  readonly #table: string
  readonly #keyNames: readonly string[]

  constructor(inner: DynamodbTransport, log: UndoLog, table: string, keyNames: readonly string[]) {
    this.endpoint = inner.endpoint
    this.#inner = inner
    this.#log = log
    this.#table = table
    this.#keyNames = keyNames
  }

  async send(
    operation: DynamodbOperation,
    body: string | Uint8Array,
    signal: AbortSignal,
  ): Promise<DynamodbResponse> {
    if (operation === 'BatchWriteItem') await this.#logBefore(body, signal)
    return this.#inner.send(operation, body, signal)
  }

  close(): void {
    this.#inner.close()
  }

  async #logBefore(body: string | Uint8Array, signal: AbortSignal): Promise<void> {
    const { keys } = this.#log
    const writes = plannedWrites(body, this.#keyNames).map((write) => ({
      ...write,
      logged: keys.look(write.key, write.written),
    }))
    const first = writes.filter(({ logged }) => logged === 'not at all')
    const images = await this.#images(
      first.map(({ key }) => key),
      signal,
    )
    const records = writes.flatMap(({ key, written, logged }): UndoRecord[] => {
      if (logged === 'this content') return []
      if (logged === 'another content') return [{ kind: 'again', key, written }]
      return [{ kind: 'image', key, before: images.get(key), written }]
    })
    if (records.length === 0) return
    await this.#log.append(records)
    for (const { key, written, logged } of writes) {
      if (logged !== 'this content') keys.logged(key, written)
    }
    signal.throwIfAborted()
  }

  async #images(keys: readonly string[], signal: AbortSignal): Promise<Map<string, string>> {
    const images = new Map<string, string>()
    if (keys.length === 0) return images
    for (const found of await getItems(this.#inner, this.#table, keys, signal)) {
      const { key, text } = canonicalItem(found, this.#keyNames)
      images.set(key, text)
    }
    return images
  }
}
