import type { IndexKey, KeyAttribute } from '../../formats/dynamodb/key-rules.js'
import type { Projection, ProvisionedUnits } from './options.js'

/** The key attributes of a table. */
export interface TableKeys {
  readonly partitionKey: KeyAttribute
  readonly sortKey: KeyAttribute | undefined
}

export interface IndexDefinition {
  readonly name: string
  readonly kind: 'global' | 'local'
  readonly partitionKey: KeyAttribute
  readonly sortKey: KeyAttribute | undefined
  readonly projection: Projection
  /** Set for global indexes of provisioned tables. */
  readonly units: ProvisionedUnits | undefined
}

/** How to make a table, every default filled in. */
export interface TableDefinition {
  readonly billing: 'on-demand' | ProvisionedUnits
  readonly indexes: readonly IndexDefinition[]
  readonly ttl: string | undefined
  readonly stream: keyof typeof STREAM_VIEWS | undefined
  readonly tags: Readonly<Record<string, string>>
  readonly warmThroughput: ProvisionedUnits | undefined
  readonly deletionProtection: boolean
}

export const STREAM_VIEWS = {
  keys: 'KEYS_ONLY',
  new: 'NEW_IMAGE',
  old: 'OLD_IMAGE',
  'new and old': 'NEW_AND_OLD_IMAGES',
} as const

/** What an item's attributes must be for the indexes to take it. */
export function indexKeysOf(indexes: readonly IndexDefinition[]): IndexKey[] {
  return indexes.flatMap(({ name, kind, partitionKey, sortKey }) => [
    ...(kind === 'local' ? [] : [{ ...partitionKey, index: name, role: 'partition' as const }]),
    ...(sortKey === undefined ? [] : [{ ...sortKey, index: name, role: 'sort' as const }]),
  ])
}

/** The body of CreateTable. Time to live is not among what it can say. */
export function createTableBody(table: string, keys: TableKeys, make: TableDefinition): string {
  const globals = make.indexes.filter(({ kind }) => kind === 'global')
  const locals = make.indexes.filter(({ kind }) => kind === 'local')
  const tags = Object.entries(make.tags)
  return JSON.stringify({
    TableName: table,
    AttributeDefinitions: attributeDefinitions(keys, make.indexes),
    KeySchema: keySchema(keys),
    ...billing(make.billing),
    ...(locals.length === 0 ? {} : { LocalSecondaryIndexes: locals.map(index) }),
    ...(globals.length === 0 ? {} : { GlobalSecondaryIndexes: globals.map(index) }),
    ...(make.stream === undefined
      ? {}
      : {
          StreamSpecification: { StreamEnabled: true, StreamViewType: STREAM_VIEWS[make.stream] },
        }),
    ...(make.warmThroughput === undefined
      ? {}
      : {
          WarmThroughput: {
            ReadUnitsPerSecond: make.warmThroughput.readUnits,
            WriteUnitsPerSecond: make.warmThroughput.writeUnits,
          },
        }),
    ...(tags.length === 0 ? {} : { Tags: tags.map(([Key, Value]) => ({ Key, Value })) }),
    ...(make.deletionProtection ? { DeletionProtectionEnabled: true } : {}),
  })
}

function billing(units: TableDefinition['billing']): object {
  return units === 'on-demand'
    ? { BillingMode: 'PAY_PER_REQUEST' }
    : { BillingMode: 'PROVISIONED', ProvisionedThroughput: throughput(units) }
}

function throughput({ readUnits, writeUnits }: ProvisionedUnits): object {
  return { ReadCapacityUnits: readUnits, WriteCapacityUnits: writeUnits }
}

function keySchema({ partitionKey, sortKey }: TableKeys): object[] {
  return [
    { AttributeName: partitionKey.name, KeyType: 'HASH' },
    ...(sortKey === undefined ? [] : [{ AttributeName: sortKey.name, KeyType: 'RANGE' }]),
  ]
}

function index({ name, partitionKey, sortKey, projection, units }: IndexDefinition): object {
  return {
    IndexName: name,
    KeySchema: keySchema({ partitionKey, sortKey }),
    Projection:
      typeof projection === 'string'
        ? { ProjectionType: projection === 'all' ? 'ALL' : 'KEYS_ONLY' }
        : { ProjectionType: 'INCLUDE', NonKeyAttributes: projection },
    ...(units === undefined ? {} : { ProvisionedThroughput: throughput(units) }),
  }
}

/** Each key attribute once: DynamoDB refuses attributes defined twice, and ones that are no key. */
function attributeDefinitions(keys: TableKeys, indexes: readonly IndexDefinition[]): object[] {
  const types = new Map<string, string>()
  for (const { partitionKey, sortKey } of [keys, ...indexes]) {
    types.set(partitionKey.name, partitionKey.type)
    if (sortKey !== undefined) types.set(sortKey.name, sortKey.type)
  }
  return [...types].map(([AttributeName, AttributeType]) => ({ AttributeName, AttributeType }))
}
