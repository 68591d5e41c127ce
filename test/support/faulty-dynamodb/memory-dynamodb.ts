import { randomUUID } from 'node:crypto'
import { inUse, notFound, unknownOperation, validation, type Answer } from './answer.js'
import type { Backend, Input, Tag, Write } from './backend.js'
import { ITEM_BYTES_MAX, itemBytes, type WireItem } from './item-size.js'
import { ScanOrder } from './scan-order.js'
import { Table, type TableDescription } from './table.js'

const PAGE_BYTES_MAX = 1024 * 1024
const KEYS_MAX = 100
const READ_UNIT_BYTES = 4096

interface Stored {
  readonly id: string
  readonly table: Table
  readonly items: ScanOrder
  tags: readonly Tag[]
  ttl: object
}

/** DynamoDB in memory, as far as bulk loading and reading back need it. */
export class MemoryDynamodb implements Backend {
  readonly #tables = new Map<string, Stored>()
  readonly #operations: { readonly [operation: string]: (input: Input) => object } = {
    CreateTable: (input) => this.#createTable(input),
    DescribeTable: ({ TableName }) => ({ Table: this.#describe(this.#stored(TableName)) }),
    DeleteTable: ({ TableName }) => this.#deleteTable(TableName),
    ListTables: () => ({ TableNames: [...this.#tables.keys()].sort() }),
    GetItem: (input) => this.#getItem(input),
    BatchGetItem: (input) => this.#batchGetItem(input),
    Scan: (input) => this.#scan(input),
    UpdateTimeToLive: (input) => this.#updateTimeToLive(input),
    DescribeTimeToLive: ({ TableName }) => ({
      TimeToLiveDescription: this.#stored(TableName).ttl,
    }),
    TagResource: (input) => this.#tagResource(input),
    ListTagsOfResource: ({ ResourceArn }) => ({ Tags: this.#byArn(ResourceArn).tags }),
  }

  async table(name: string): Promise<Table> {
    return this.#stored(name).table
  }

  /** Everything stored, in no order. */
  *items(name: string): Generator<WireItem> {
    yield* this.#stored(name).items.values()
  }

  current(table: Table, key: string): WireItem | undefined {
    return this.#stored(table.name).items.get(key)
  }

  check(writes: readonly Write[]): void {
    for (const { table, item, kind } of writes) {
      if (kind === 'delete') continue
      table.checkIndexKeys(item)
      if (itemBytes(item) > ITEM_BYTES_MAX) {
        throw validation('Item size has exceeded the maximum allowed size')
      }
    }
  }

  async apply(writes: readonly Write[]): Promise<readonly Write[]> {
    for (const { table, key, item, kind } of writes) {
      const { items } = this.#stored(table.name)
      if (kind === 'put') items.set(key, table.partitionOf(item), item)
      else items.delete(key, table.partitionOf(item))
    }
    return []
  }

  async applyOne(write: Write, operation: string, input: Input): Promise<Answer> {
    const unknown = Object.keys(input).find((field) => !/^(TableName|Item|Key|ReturnC)/.test(field))
    if (unknown !== undefined) throw unknownOperation(`${operation} with ${unknown}`)
    await this.apply([write])
    return { status: 200, body: {} }
  }

  async call(operation: string, input: Input): Promise<Answer> {
    const perform = this.#operations[operation]
    if (perform === undefined) throw unknownOperation(operation)
    return { status: 200, body: perform(input) as Answer['body'] }
  }

  close(): void {
    this.#tables.clear()
  }

  #stored(name: string): Stored {
    const found = this.#tables.get(name)
    if (found === undefined) throw notFound()
    return found
  }

  #byArn(arn: string): Stored {
    return this.#stored(arn.slice(arn.lastIndexOf('/') + 1))
  }

  #createTable(input: Input): object {
    const description = input as unknown as TableDescription & { readonly Tags?: readonly Tag[] }
    const { TableName, KeySchema, AttributeDefinitions, Tags = [] } = description
    if (this.#tables.has(TableName)) throw inUse(`Table already exists: ${TableName}`)
    const keyed = [KeySchema, ...(description.GlobalSecondaryIndexes ?? []).map((i) => i.KeySchema)]
    const used = new Set(keyed.flat().map((key) => key.AttributeName))
    const defined = new Set(AttributeDefinitions.map((attribute) => attribute.AttributeName))
    if (used.size !== defined.size || [...used].some((name) => !defined.has(name))) {
      throw validation(
        'One or more parameter values were invalid: Number of attributes in KeySchema does not ' +
          'exactly match number of attributes defined in AttributeDefinitions',
      )
    }
    const table = new Table(description)
    const ttl = { TimeToLiveStatus: 'DISABLED' }
    const stored: Stored = { id: randomUUID(), table, items: new ScanOrder(), tags: Tags, ttl }
    this.#tables.set(TableName, stored)
    return { TableDescription: this.#describe(stored) }
  }

  #describe({ id, table, items }: Stored): object {
    const { description } = table
    const { Tags: _, BillingMode, ...rest } = description as TableDescription & { Tags?: unknown }
    const none = { ReadCapacityUnits: 0, WriteCapacityUnits: 0 }
    const active = (description.GlobalSecondaryIndexes ?? []).map((index) => ({
      ProvisionedThroughput: none,
      ...index,
      IndexArn: table.indexArn(index.IndexName),
      IndexStatus: 'ACTIVE',
    }))
    return {
      ProvisionedThroughput: none,
      ...rest,
      TableArn: table.arn,
      TableId: id,
      TableStatus: 'ACTIVE',
      ItemCount: items.size,
      BillingModeSummary: { BillingMode: BillingMode ?? 'PROVISIONED' },
      ...(active.length === 0 ? {} : { GlobalSecondaryIndexes: active }),
    }
  }

  #deleteTable(name: string): object {
    const stored = this.#stored(name)
    this.#tables.delete(name)
    return { TableDescription: { ...this.#describe(stored), TableStatus: 'DELETING' } }
  }

  #getItem({ TableName, Key }: Input): object {
    const { table, items } = this.#stored(TableName)
    const Item = items.get(table.keyOf(Key, true))
    return Item === undefined ? {} : { Item }
  }

  #batchGetItem({ RequestItems }: Input): object {
    const requests = Object.entries(RequestItems as Record<string, { Keys: WireItem[] }>)
    const total = requests.reduce((sum, [, { Keys }]) => sum + Keys.length, 0)
    if (total === 0 || total > KEYS_MAX) {
      throw validation(`Too many items requested for the BatchGetItem call: ${total}`)
    }
    const Responses = requests.map(([name, { Keys }]) => {
      const { table, items } = this.#stored(name)
      const keys = Keys.map((key) => table.keyOf(key, true))
      if (new Set(keys).size < keys.length) {
        throw validation('Provided list of item keys contains duplicates')
      }
      return [name, keys.flatMap((key) => items.get(key) ?? [])] as const
    })
    return { Responses: Object.fromEntries(Responses), UnprocessedKeys: {} }
  }

  #scan(input: Input): object {
    const { table, items } = this.#stored(input.TableName)
    const from = input.ExclusiveStartKey
    const after = from && { key: table.keyOf(from, true), partition: table.partitionOf(from) }
    const page: WireItem[] = []
    let bytes = 0
    let more = false
    for (const item of items.from(after, input.Segment ?? 0, input.TotalSegments ?? 1)) {
      if (bytes >= PAGE_BYTES_MAX || page.length === input.Limit) {
        more = true
        break
      }
      page.push(item)
      bytes += itemBytes(item)
    }
    const last = page.at(-1)
    const units = Math.ceil(bytes / READ_UNIT_BYTES) * (input.ConsistentRead === true ? 1 : 0.5)
    return {
      Count: page.length,
      ScannedCount: page.length,
      ...(input.Select === 'COUNT' ? {} : { Items: page }),
      ...(more && last !== undefined ? { LastEvaluatedKey: keyAttributes(table, last) } : {}),
      ...(input.ReturnConsumedCapacity === undefined || input.ReturnConsumedCapacity === 'NONE'
        ? {}
        : { ConsumedCapacity: { TableName: table.name, CapacityUnits: units } }),
    }
  }

  #updateTimeToLive({ TableName, TimeToLiveSpecification }: Input): object {
    const { AttributeName, Enabled } = TimeToLiveSpecification
    this.#stored(TableName).ttl = Enabled
      ? { TimeToLiveStatus: 'ENABLED', AttributeName }
      : { TimeToLiveStatus: 'DISABLED' }
    return { TimeToLiveSpecification }
  }

  #tagResource({ ResourceArn, Tags }: Input): object {
    const stored = this.#byArn(ResourceArn)
    const added = new Set(Tags.map((tag) => tag.Key))
    stored.tags = [...stored.tags.filter((tag) => !added.has(tag.Key)), ...Tags]
    return {}
  }
}

function keyAttributes(table: Table, item: WireItem): WireItem {
  return Object.fromEntries(table.keys.map(({ name }) => [name, item[name] ?? {}]))
}
