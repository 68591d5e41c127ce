import type { AbstractCursor, ClientSession, Collection, Document } from 'mongodb'
import { isPassing } from '../../stores/mongodb/mongodb-errors.js'
import { ID_CODES, type IdCondition } from './id-range.js'
import type { MongodbSettings, QueryDocument } from './mongodb-options.js'

const BY_ID = { _id: 1 } as const

/** What is asked of a collection, in the order of `_id` where documents can be found by it. */
export class DocumentQuery {
  readonly #collection: Collection
  readonly #settings: MongodbSettings
  readonly #since: QueryDocument
  readonly #byId: boolean
  #known: Promise<readonly number[]> | undefined

  /** @param since a further condition that documents must meet; empty for none */
  constructor(
    collection: Collection,
    settings: MongodbSettings,
    since: QueryDocument,
    byId: boolean,
  ) {
    this.#collection = collection
    this.#settings = settings
    this.#since = since
    this.#byId = byId
  }

  /** The documents as they are sent, one answer of the server ahead of what is taken. */
  async *documents(
    condition: IdCondition,
    session: ClientSession | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array[]> {
    const cursor = this.#cursor(condition, session, signal)
    let next = nextDocuments(cursor)
    try {
      for (;;) {
        const documents = await next
        if (documents.length === 0) return
        next = nextDocuments(cursor)
        // It is waited for in the next round, or below.
        next.catch(() => undefined)
        yield documents
      }
    } finally {
      await next.catch(() => undefined)
      await cursor.close()
    }
  }

  /** The types of `_id` that the server knows by number; one that it does not, it does not hold. */
  knownCodes(): Promise<readonly number[]> {
    this.#known ??= this.#findKnownCodes()
    return this.#known
  }

  async #findKnownCodes(): Promise<readonly number[]> {
    if (await this.#knows(ID_CODES)) return ID_CODES
    const each = await Promise.all(ID_CODES.map((code) => this.#knows([code])))
    return ID_CODES.filter((_, index) => each[index])
  }

  async #knows(codes: readonly number[]): Promise<boolean> {
    try {
      await this.#collection.findOne({ _id: { $type: codes } } as object)
      return true
    } catch (error) {
      if (isPassing(error)) throw error
      return false
    }
  }

  #cursor(
    condition: IdCondition,
    session: ClientSession | undefined,
    signal: AbortSignal,
  ): AbstractCursor {
    const { pipeline, batchSize, projection } = this.#settings
    const options = {
      raw: true,
      batchSize,
      signal,
      ...(session === undefined ? {} : { session }),
    }
    if (pipeline.length > 0) return this.#collection.aggregate(this.#stages(condition), options)
    return this.#collection.find(this.#filter(condition) as object, {
      ...options,
      ...(projection === undefined ? {} : { projection: projection as Document }),
      ...(this.#byId ? { sort: BY_ID } : {}),
    })
  }

  #filter(condition: IdCondition): QueryDocument {
    const filters = [
      this.#settings.filter,
      this.#since,
      condition === undefined ? {} : { _id: condition },
    ].filter((filter) => Object.keys(filter).length > 0)
    return filters.length > 1 ? { $and: filters } : (filters[0] ?? {})
  }

  /** Some operators work in the first stages only, which therefore stay the first. */
  #stages(condition: IdCondition): Document[] {
    const { pipeline } = this.#settings
    const firstOther = pipeline.findIndex((stage) => !('$match' in stage))
    const matches = firstOther < 0 ? pipeline.length : firstOther
    const filter = this.#filter(condition)
    return [
      ...pipeline.slice(0, matches),
      ...(Object.keys(filter).length > 0 ? [{ $match: filter }] : []),
      ...(this.#byId ? [{ $sort: BY_ID }] : []),
      ...pipeline.slice(matches),
    ]
  }
}

async function nextDocuments(cursor: AbstractCursor): Promise<Uint8Array[]> {
  return (await cursor.hasNext()) ? (cursor.readBufferedDocuments() as Uint8Array[]) : []
}
