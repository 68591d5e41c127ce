import { canonicalItem, type AttributeMap } from '../../../formats/dynamodb/attribute-value.js'
import { contentDigest, type ImageRecord } from '../../../formats/undo-log/records.js'
import { getItems } from '../../../stores/dynamodb/get-items.js'
import type { DynamodbTransport } from '../../../stores/dynamodb/transport.js'
import type { ConditionalWrites, Replaced } from './conditional-writes.js'
import { unchangedCondition } from './unchanged-condition.js'
import type { WrittenContents } from './written-contents.js'

/** Others that write the key meanwhile are given way so often. */
const TRIES_MAX = 5

/** What became of a key. `left`: it holds what the run did not write. */
export type PutBack = 'restored' | 'deleted' | 'unchanged' | 'left'

export interface PutBackParts {
  readonly transport: DynamodbTransport
  readonly table: string
  readonly keyNames: readonly string[]
  readonly writes: ConditionalWrites
  readonly contents: WrittenContents
  /** The run stored items only where there were none. */
  readonly insertsOnly: boolean
  /** Put back also what others have changed since. */
  readonly force: boolean
  readonly signal: AbortSignal
}

/** Items by the canonical text of their key, read consistently. */
export async function readKeys(
  {
    transport,
    table,
    keyNames,
    signal,
  }: Pick<PutBackParts, 'transport' | 'table' | 'keyNames' | 'signal'>,
  keys: readonly string[],
): Promise<Map<string, { readonly item: AttributeMap; readonly text: string }>> {
  const found = await getItems(transport, table, keys, signal)
  return new Map(
    found.map((item) => {
      const { key, text } = canonicalItem(item, keyNames)
      return [key, { item, text }]
    }),
  )
}

/**
 * Gives a key what it held before the run, if it still holds what the run wrote: read, and written
 * under the condition that it is still what was read. What a write replaced comes back with its
 * answer; should that be something else all the same, it is put back.
 */
export class KeyRestorer {
  readonly #parts: PutBackParts

  constructor(parts: PutBackParts) {
    this.#parts = parts
  }

  /** @param current what the key was just seen to hold */
  async putBack(record: ImageRecord, current: AttributeMap | undefined): Promise<PutBack> {
    let seen = current
    let documents = true
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      const text = this.#textOf(seen)
      if (text === record.before) return tries === 0 ? 'unchanged' : doneOf(record)
      if (!this.#isOfRun(record, text)) {
        if (this.#parts.insertsOnly && record.before !== undefined) return 'unchanged'
        if (!this.#parts.force) return 'left'
      }
      const replaced = await this.#write(record, seen, text, documents)
      if (replaced !== undefined) return this.#checked(record, text, replaced)
      const now = (await readKeys(this.#parts, [record.key])).get(record.key)
      // It is as it was: the server does not compare lists and maps, as dynalite does not.
      if (now?.text === text) documents = false
      seen = now?.item
    }
    return 'left'
  }

  #isOfRun({ key, written }: ImageRecord, text: string | undefined): boolean {
    const digest = contentDigest(text)
    return digest === written || this.#parts.contents.has(key, digest)
  }

  #write(
    { key, before }: ImageRecord,
    seen: AttributeMap | undefined,
    text: string | undefined,
    documents: boolean,
  ): Promise<Replaced | undefined> {
    const { keyNames, writes } = this.#parts
    const others = before === undefined ? [] : Object.keys(JSON.parse(before) as AttributeMap)
    const condition = unchangedCondition(seen, others, keyNames, documents)
    return writes.write(key, before, text?.length ?? 0, condition)
  }

  /** Someone may have added an attribute that no condition could name. */
  async #checked(
    record: ImageRecord,
    seen: string | undefined,
    { old }: Replaced,
  ): Promise<PutBack> {
    const replaced = this.#textOf(old)
    if (replaced === undefined || replaced === seen || this.#parts.force) return doneOf(record)
    const { keyNames, writes } = this.#parts
    const { key, before } = record
    const item = before === undefined ? undefined : (JSON.parse(before) as AttributeMap)
    const names = Object.keys(old ?? {})
    const condition = unchangedCondition(item, names, keyNames)
    await writes.write(key, replaced, replaced.length, condition)
    return 'left'
  }

  #textOf(item: AttributeMap | undefined): string | undefined {
    return item === undefined ? undefined : canonicalItem(item, this.#parts.keyNames).text
  }
}

function doneOf({ before }: ImageRecord): PutBack {
  return before === undefined ? 'deleted' : 'restored'
}
