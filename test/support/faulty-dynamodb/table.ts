import { validation } from './answer.js'
import { numberText, type WireItem, type WireValue } from './item-size.js'

interface KeyElement {
  readonly AttributeName: string
  readonly KeyType: string
}

interface Throughput {
  readonly ReadCapacityUnits?: number
  readonly WriteCapacityUnits?: number
}

interface OnDemandThroughput {
  readonly MaxWriteRequestUnits?: number
}

export interface IndexDescription {
  readonly IndexName: string
  readonly KeySchema: readonly KeyElement[]
  readonly Projection?: {
    readonly ProjectionType?: string
    readonly NonKeyAttributes?: readonly string[]
  }
  readonly ProvisionedThroughput?: Throughput
  readonly OnDemandThroughput?: OnDemandThroughput
}

/** What CreateTable is given and DescribeTable tells, as far as it matters here. */
export interface TableDescription {
  readonly TableName: string
  readonly TableArn?: string
  readonly BillingMode?: string
  readonly BillingModeSummary?: { readonly BillingMode?: string }
  readonly AttributeDefinitions: readonly {
    readonly AttributeName: string
    readonly AttributeType: string
  }[]
  readonly KeySchema: readonly KeyElement[]
  readonly ProvisionedThroughput?: Throughput
  readonly OnDemandThroughput?: OnDemandThroughput
  readonly GlobalSecondaryIndexes?: readonly IndexDescription[]
}

export interface KeyAttribute {
  readonly name: string
  readonly type: string
  readonly role: 'HASH' | 'RANGE'
}

/** A table's keys and indexes, and what they ask of an item. */
export class Table {
  readonly name: string
  readonly arn: string
  readonly description: TableDescription
  readonly keys: readonly KeyAttribute[]
  readonly indexes: readonly { readonly name: string; readonly keys: readonly KeyAttribute[] }[]
  readonly onDemand: boolean

  constructor(description: TableDescription) {
    this.description = description
    this.name = description.TableName
    this.arn = description.TableArn ?? `arn:aws:dynamodb:local:000000000000:table/${this.name}`
    this.keys = this.#keyAttributes(description.KeySchema)
    this.indexes = (description.GlobalSecondaryIndexes ?? []).map((index) => ({
      name: index.IndexName,
      keys: this.#keyAttributes(index.KeySchema),
    }))
    const mode = description.BillingModeSummary?.BillingMode ?? description.BillingMode
    this.onDemand = mode === 'PAY_PER_REQUEST'
  }

  #keyAttributes(schema: readonly KeyElement[]): KeyAttribute[] {
    return schema.map(({ AttributeName: name, KeyType }) => {
      const found = this.description.AttributeDefinitions.find((a) => a.AttributeName === name)
      const role = KeyType === 'HASH' ? 'HASH' : 'RANGE'
      return { name, type: found?.AttributeType ?? 'S', role }
    })
  }

  /**
   * The key as text, equal for equal keys: `["a","b"]`, numbers in one form.
   * @param whole refuse attributes that are not of the key, as operations by key do
   */
  keyOf(item: WireItem, whole = false): string {
    if (whole && Object.keys(item).length !== this.keys.length) throw mismatch()
    return JSON.stringify(this.keys.map((key) => keyValue(key, item[key.name])))
  }

  /** Text of the partition key, of the table or of an index. */
  partitionOf(item: WireItem, keys = this.keys): string {
    const [hash] = keys
    const content = hash === undefined ? '' : String(item[hash.name]?.[hash.type])
    return hash?.type === 'N' ? numberText(content) : content
  }

  checkIndexKeys(item: WireItem): void {
    for (const { name, keys } of this.indexes) {
      for (const key of keys) {
        const value = item[key.name]
        if (value === undefined || key.type in value) continue
        throw validation(
          `One or more parameter values were invalid: Type mismatch for Index Key ${key.name} ` +
            `Expected: ${key.type} Actual: ${Object.keys(value)[0]} IndexName: ${name}`,
        )
      }
    }
  }

  /** What an index holds of an item; `undefined` when it lacks the index's keys. */
  projected(indexName: string, item: WireItem | undefined): WireItem | undefined {
    const at = this.indexes.findIndex((index) => index.name === indexName)
    const index = this.indexes[at]
    const projection = this.description.GlobalSecondaryIndexes?.[at]?.Projection
    if (item === undefined || index === undefined) return undefined
    if (index.keys.some((key) => item[key.name] === undefined)) return undefined
    if (projection?.ProjectionType === undefined || projection.ProjectionType === 'ALL') return item
    const names = new Set([...this.keys, ...index.keys].map((key) => key.name))
    for (const name of projection.NonKeyAttributes ?? []) names.add(name)
    return Object.fromEntries(Object.entries(item).filter(([name]) => names.has(name)))
  }

  indexArn(name: string): string {
    return `${this.arn}/index/${name}`
  }
}

const PARTITION_KEY_BYTES_MAX = 2048
const SORT_KEY_BYTES_MAX = 1024

function keyValue(key: KeyAttribute, value: WireValue | undefined): string {
  const content = value?.[key.type]
  if (typeof content !== 'string' || Object.keys(value ?? {}).length !== 1) throw mismatch()
  if (key.type === 'N') return numberText(content)
  if (content === '') {
    const kind = key.type === 'S' ? 'string' : 'binary'
    throw validation(
      'One or more parameter values are not valid. The AttributeValue for a key attribute ' +
        `cannot contain an empty ${kind} value. Key: ${key.name}`,
    )
  }
  const bytes = key.type === 'S' ? Buffer.byteLength(content) : (content.length / 4) * 3
  const tooLong = key.role === 'HASH' ? PARTITION_KEY_BYTES_MAX : SORT_KEY_BYTES_MAX
  if (bytes > tooLong) {
    throw validation(
      key.role === 'HASH'
        ? 'One or more parameter values were invalid: Size of hashkey has exceeded the maximum ' +
            `size limit of${tooLong} bytes`
        : 'One or more parameter values were invalid: Aggregated size of all range keys has ' +
            `exceeded the size limit of ${tooLong} bytes`,
    )
  }
  return content
}

function mismatch() {
  return validation('The provided key element does not match the schema')
}
