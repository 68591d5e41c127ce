import { BATCH_ITEMS_MAX } from '../../../formats/dynamodb/limits.js'
import { unitsOf, type WriteItem } from '../write-item.js'
import { consumedUnits, isObject, type WriteAnswer } from '../write-response.js'
import type { WrittenTable } from './batch-writes.js'
import { consumedTogether, type Consumption } from './consumed.js'
import { insertRequest, insertStatement } from './insert-statement.js'
import { readBack } from './read-back.js'
import { sendSingle } from './single-write.js'
import { statementOutcomes, type StatementOutcome } from './statement-answer.js'
import type { ItemRequests } from './write-mode.js'

export const EXISTS_ALREADY = 'exists already'

interface Statement {
  readonly item: WriteItem
  readonly text: string
}

/** How several inserts ended. */
interface Ended extends Consumption {
  readonly outcomes: readonly (readonly [item: WriteItem, outcome: StatementOutcome])[]
}

/**
 * Stores items where nothing has their keys: 25 at once as statements of PartiQL, one by one where
 * no statement holds an item, or the server does not know statements. A key that is taken is read
 * back: with what was to be stored, it may be this very insert that took it, in an attempt of which
 * nobody heard, and it is as it should be in any case.
 */
export class InsertRequests implements ItemRequests {
  readonly itemsMax = BATCH_ITEMS_MAX
  readonly #table: WrittenTable
  #knowsStatements = true

  constructor(table: WrittenTable) {
    this.#table = table
  }

  of(items: readonly WriteItem[], signal: AbortSignal): () => Promise<WriteAnswer> {
    const statements: Statement[] = []
    const single: WriteItem[] = []
    for (const item of items) {
      const text = this.#knowsStatements ? insertStatement(this.#table.name, item.text) : undefined
      if (text === undefined) single.push(item)
      else statements.push({ item, text })
    }
    return async () => {
      const sent = single.map((item) => this.#insertOne(item, signal))
      if (statements.length > 0) sent.push(this.#insertAll(statements, signal))
      return this.#answer(await allOf(sent), signal)
    }
  }

  async #insertAll(statements: readonly Statement[], signal: AbortSignal): Promise<Ended> {
    const items = statements.map(({ item }) => item)
    const list = statements.map(({ text }) => text).join(',')
    const body = `{"Statements":[${list}],"ReturnConsumedCapacity":"INDEXES"}`
    try {
      const { json } = await this.#table.transport.send('BatchExecuteStatement', body, signal)
      const outcomes = statementOutcomes(json, items.length)
      return {
        outcomes: items.map((item, index) => [item, outcomes[index] ?? { kind: 'done' }] as const),
        consumed: isObject(json) ? consumedUnits(json['ConsumedCapacity']) : undefined,
        expectedUnits: unitsOf(items),
      }
    } catch (error) {
      if ((error as Error).name !== 'UnknownOperationException') throw error
      this.#knowsStatements = false
      const ended = await allOf(items.map((item) => this.#insertOne(item, signal)))
      return {
        outcomes: ended.flatMap(({ outcomes }) => outcomes),
        consumed: consumedTogether(ended),
        expectedUnits: unitsOf(items),
      }
    }
  }

  async #insertOne(item: WriteItem, signal: AbortSignal): Promise<Ended> {
    const { transport, name, keyNames } = this.#table
    const body = insertRequest(name, keyNames[0] ?? '', item.text)
    const { done, consumed } = await sendSingle(transport, 'PutItem', body, signal)
    const outcome = { kind: done ? 'done' : 'conflict' } as const
    return { outcomes: [[item, outcome]], consumed, expectedUnits: item.writeUnits }
  }

  async #answer(ended: readonly Ended[], signal: AbortSignal): Promise<WriteAnswer> {
    const unprocessed = new Set<string>()
    const refused = new Map<string, string>()
    const taken: WriteItem[] = []
    for (const [item, outcome] of ended.flatMap(({ outcomes }) => outcomes)) {
      if (outcome.kind === 'later') unprocessed.add(item.key)
      else if (outcome.kind === 'refused') refused.set(item.key, outcome.reason)
      else if (outcome.kind === 'conflict') taken.push(item)
    }
    const stored = await readBack(this.#table, taken, signal)
    const conflicts = new Map<string, string>()
    for (const { key, text } of taken) {
      const found = stored.get(key)
      // Whoever had the key has deleted it meanwhile.
      if (found === undefined) unprocessed.add(key)
      else if (found !== text) conflicts.set(key, EXISTS_ALREADY)
    }
    return {
      unprocessed: unprocessed.size === 0 ? undefined : unprocessed,
      conflicts,
      refused,
      consumed: consumedTogether(ended),
    }
  }
}

/** Waits for all, also where one fails: nothing may be under way when that is tried again. */
async function allOf<T>(sent: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(sent)
  return settled.map((result) => {
    if (result.status === 'rejected') throw result.reason
    return result.value
  })
}
