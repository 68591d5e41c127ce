type Attributes = Readonly<Record<string, unknown>>

/** Write units that a request consumed, on the table (local indexes included) and each index. */
export interface ConsumedUnits {
  readonly table: number
  readonly indexes: ReadonlyMap<string, number>
}

/** What DynamoDB said of a batch that it accepted, whole or in part. */
export interface WriteAnswer {
  /** Keys of the items that it did not process; `undefined` when it processed all. */
  readonly unprocessed: ReadonlySet<string> | undefined
  /** Why items cannot be stored beside what the table holds, by key; for most modes nothing. */
  readonly conflicts?: ReadonlyMap<string, string>
  /** Why items alone were refused, by key, where others of their batch were not. */
  readonly refused?: ReadonlyMap<string, string>
  /** `undefined` where the server does not tell. */
  readonly consumed: ConsumedUnits | undefined
}

/** A 200 that is no answer to BatchWriteItem: of something between here and DynamoDB. */
export class UnexpectedAnswer extends Error {
  override readonly name = 'UnexpectedAnswer'

  constructor(json: unknown) {
    const got = json === undefined ? 'nothing' : JSON.stringify(json)
    super(`Expected an answer with UnprocessedItems; got ${got.slice(0, 100)}`)
  }
}

interface Capacity {
  readonly CapacityUnits?: number
  readonly GlobalSecondaryIndexes?: Readonly<Record<string, { readonly CapacityUnits?: number }>>
}

/**
 * Reads an answer; that nothing is left unprocessed is believed only where it says so.
 * @throws UnexpectedAnswer
 */
export function readWriteAnswer(
  json: unknown,
  tableName: string,
  keyOf: (attributes: Attributes) => string,
): WriteAnswer {
  if (!isObject(json) || !isObject(json['UnprocessedItems'])) throw new UnexpectedAnswer(json)
  const left = json['UnprocessedItems']
  // Keyed by the name as sent, which may be an ARN; there is only this table in the request.
  const requests: unknown = left[tableName] ?? Object.values(left)[0] ?? []
  if (!Array.isArray(requests)) throw new UnexpectedAnswer(json)
  return {
    unprocessed: requests.length === 0 ? undefined : new Set(requests.map(keyOfRequest)),
    consumed: consumedUnits(json['ConsumedCapacity']),
  }

  function keyOfRequest(request: unknown): string {
    const { PutRequest: put, DeleteRequest: del } = isObject(request) ? request : NOTHING
    const attributes = isObject(put) ? put['Item'] : isObject(del) ? del['Key'] : undefined
    if (!isObject(attributes)) throw new UnexpectedAnswer(json)
    return keyOf(attributes)
  }
}

/** @param capacity a list with what each table, or statement, consumed */
export function consumedUnits(capacity: unknown): ConsumedUnits | undefined {
  if (!Array.isArray(capacity) || capacity.length === 0) return undefined
  let table = 0
  let indexes: Map<string, number> | undefined
  for (const { CapacityUnits, GlobalSecondaryIndexes } of capacity as readonly Capacity[]) {
    table += CapacityUnits ?? 0
    if (GlobalSecondaryIndexes === undefined) continue
    indexes ??= new Map()
    for (const [name, index] of Object.entries(GlobalSecondaryIndexes)) {
      const units = index.CapacityUnits ?? 0
      table -= units
      indexes.set(name, (indexes.get(name) ?? 0) + units)
    }
  }
  return { table, indexes: indexes ?? NO_INDEXES }
}

const NO_INDEXES: ReadonlyMap<string, number> = new Map()
const NOTHING: Attributes = {}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
