import type { GlobalSecondaryIndexDescription, TableDescription } from '@aws-sdk/client-dynamodb'
import type { IndexKey, KeyAttribute } from '../../formats/dynamodb/key-rules.js'
import type { TableDefinition, TableKeys } from './table-definition.js'

/** Write units a second that a table and its global indexes take together, where it tells. */
export interface WriteUnits {
  /** To start with: what is provisioned or warm. */
  readonly atFirst: number | undefined
  /** Never more: what is provisioned, or the maximum set for on-demand. */
  readonly atMost: number | undefined
}

type Description = Readonly<TableDescription>
type Keyed = Pick<Description, 'KeySchema'>

/** The keys of a table as DescribeTable gives them. */
export function keysOf(table: Description): TableKeys {
  const partitionKey = keyOf(table, table, 'HASH')
  if (partitionKey === undefined) throw new Error('a table without a partition key')
  return { partitionKey, sortKey: keyOf(table, table, 'RANGE') }
}

/** Tells a table from others that had its name before or after. */
export function incarnationOf(table: Description | undefined): string | undefined {
  // In JSON, times are epoch seconds.
  return table?.TableId ?? (table?.CreationDateTime as unknown)?.toString()
}

/** The key attributes of the indexes of a table that are not the table's partition key. */
export function indexKeysOf(table: Description): IndexKey[] {
  const keys: IndexKey[] = []
  const add = (index: string | undefined, of: Keyed, type: 'HASH' | 'RANGE'): void => {
    const key = keyOf(table, of, type)
    const role = type === 'HASH' ? 'partition' : 'sort'
    if (key !== undefined && index !== undefined) keys.push({ ...key, index, role })
  }
  for (const index of globalIndexes(table)) {
    add(index.IndexName, index, 'HASH')
    add(index.IndexName, index, 'RANGE')
  }
  for (const index of table.LocalSecondaryIndexes ?? []) add(index.IndexName, index, 'RANGE')
  return keys
}

function keyOf(table: Description, of: Keyed, keyType: string): KeyAttribute | undefined {
  const name = of.KeySchema?.find(({ KeyType }) => KeyType === keyType)?.AttributeName
  const definition = table.AttributeDefinitions?.find(({ AttributeName }) => AttributeName === name)
  const type = definition?.AttributeType
  return name === undefined || type === undefined ? undefined : { name, type }
}

/** For people: `pk (string), sk (number)`. */
export function formatKeys({ partitionKey, sortKey }: TableKeys): string {
  return [partitionKey, ...(sortKey === undefined ? [] : [sortKey])].map(formatKey).join(', ')
}

const TYPE_NAMES = { S: 'string', N: 'number', B: 'binary' } as const

function formatKey({ name, type }: KeyAttribute): string {
  return `${name} (${TYPE_NAMES[type]})`
}

/**
 * Writes of the table and of each global index are limited apart, but counted together. An index
 * takes no more than the table can make it.
 */
export function writeUnitsOf(table: Description): WriteUnits {
  const atMost = mostOf(table)
  const indexes = globalIndexes(table)
  const all = together(
    atMost,
    indexes.map((index) => mostOf(index, isOnDemand(table)) ?? atMost),
  )
  if (!isOnDemand(table)) return { atFirst: all, atMost: all }
  const warm = table.WarmThroughput?.WriteUnitsPerSecond
  const atFirst = together(
    warm,
    indexes.map((index) => index.WarmThroughput?.WriteUnitsPerSecond ?? warm),
  )
  const capped = atFirst === undefined || all === undefined ? atFirst : Math.min(atFirst, all)
  return { atFirst: capped, atMost: all }
}

/** As `writeUnitsOf`, of the table and of each global index by itself. */
export function writeUnitsApart(table: Description): {
  readonly table: WriteUnits
  readonly indexes: ReadonlyMap<string, WriteUnits>
} {
  const onDemand = isOnDemand(table)
  const unitsOf = (of: Description | GlobalSecondaryIndexDescription): WriteUnits => {
    const atMost = mostOf(of, onDemand)
    const atFirst = onDemand ? of.WarmThroughput?.WriteUnitsPerSecond : atMost
    return { atFirst, atMost }
  }
  const indexes = globalIndexes(table).map(
    (index) => [index.IndexName ?? '', unitsOf(index)] as const,
  )
  return { table: unitsOf(table), indexes: new Map(indexes) }
}

function together(
  table: number | undefined,
  indexes: readonly (number | undefined)[],
): number | undefined {
  if (table === undefined) return undefined
  return indexes.reduce<number>((sum, units) => sum + Math.min(units ?? table, table), table)
}

function mostOf(
  of: Description | GlobalSecondaryIndexDescription,
  onDemand = isOnDemand(of as Description),
): number | undefined {
  const units = onDemand
    ? of.OnDemandThroughput?.MaxWriteRequestUnits
    : of.ProvisionedThroughput?.WriteCapacityUnits
  // -1 stands for no maximum, 0 for a table that is not provisioned.
  return units === undefined || units <= 0 ? undefined : units
}

export function isOnDemand(table: Description): boolean {
  const mode = table.BillingModeSummary?.BillingMode
  if (mode !== undefined) return mode === 'PAY_PER_REQUEST'
  return (table.ProvisionedThroughput?.WriteCapacityUnits ?? 0) === 0
}

function globalIndexes(table: Description): readonly GlobalSecondaryIndexDescription[] {
  return table.GlobalSecondaryIndexes ?? []
}

/** Facts of a table worth printing, in order. */
export function factsOf(table: Description): (readonly [name: string, value: string])[] {
  const { atFirst, atMost } = writeUnitsOf(table)
  const indexes = [...globalIndexes(table), ...(table.LocalSecondaryIndexes ?? [])]
  return [
    ['billing', isOnDemand(table) ? 'on-demand' : 'provisioned'],
    ...(atFirst === undefined ? [] : [['write units/s', formatUnits(atFirst)] as const]),
    ...(atMost === undefined || atMost === atFirst
      ? []
      : [['write units/s at most', formatUnits(atMost)] as const]),
    ...(indexes.length === 0
      ? []
      : [['indexes', indexes.map(({ IndexName }) => IndexName).join(', ')] as const]),
    ['items', `about ${formatUnits(table.ItemCount ?? 0)} (counted by DynamoDB every six hours)`],
  ]
}

function formatUnits(units: number): string {
  return units.toLocaleString('en-US')
}

/** What of a table may surprise someone who loads it. */
export function warningsOf(table: Description, create: TableDefinition | undefined): string[] {
  return [
    ...slowIndexes(table),
    ...(table.StreamSpecification?.StreamEnabled === true
      ? ['The table has a stream: its consumers see every write of the run.']
      : []),
    ...((table.Replicas ?? []).length > 0
      ? ['The table is replicated: each replica charges for every write.']
      : []),
    ...((table.LocalSecondaryIndexes ?? []).length > 0
      ? ['The table has local indexes: items of one partition key may not exceed 10 GB in all.']
      : []),
    ...differences(table, create),
  ]
}

function slowIndexes(table: Description): string[] {
  const most = mostOf(table)
  return globalIndexes(table).flatMap((index) => {
    const units = mostOf(index, isOnDemand(table))
    if (most === undefined || units === undefined || units >= most) return []
    return [
      `Index ${index.IndexName} takes ${formatUnits(units)} write units a second, the table ` +
        `${formatUnits(most)}: writes to the table wait for the index.`,
    ]
  })
}

/** `create` speaks of tables that are missing; one that exists may not be as it says. */
function differences(table: Description, create: TableDefinition | undefined): string[] {
  if (create === undefined) return []
  const names = [...globalIndexes(table), ...(table.LocalSecondaryIndexes ?? [])].map(
    ({ IndexName }) => IndexName,
  )
  const missing = create.indexes.filter(({ name }) => !names.includes(name))
  const billing = isOnDemand(table) ? 'on-demand' : 'provisioned'
  const declared = create.billing === 'on-demand' ? 'on-demand' : 'provisioned'
  return [
    ...missing.map(({ name }) => `The table exists without index ${name}; it is left as it is.`),
    ...(billing === declared
      ? []
      : [`The table exists and is ${billing}, not ${declared}; it is left as it is.`]),
  ]
}
