import type { GlobalSecondaryIndexDescription, TableDescription } from '@aws-sdk/client-dynamodb'
import type { Json } from '../../core/row-batch.js'
import { STREAM_VIEWS } from '../../sinks/dynamodb/table-definition.js'
import { isOnDemand, keysOf } from '../../sinks/dynamodb/table-facts.js'
import type { TimeToLive } from '../../sinks/dynamodb/tables.js'

type Keyed = Pick<TableDescription, 'KeySchema'>
type JsonObject = { readonly [name: string]: Json | undefined }

/** A table as `toDynamodb` can make it again. */
export interface FoundDefinition {
  /** Keys and `create`, in its options' terms. */
  readonly definition: JsonObject
  /** What of the table it cannot say, as sentences. */
  readonly notKept: readonly string[]
}

/** Says how to make a table again. @param ttl `undefined` where it could not be asked for */
export function tableDefinitionOf(
  table: Readonly<TableDescription>,
  ttl: TimeToLive | undefined,
): FoundDefinition {
  const { partitionKey, sortKey } = keysOf(table)
  const view = table.StreamSpecification?.StreamViewType
  const stream = Object.entries(STREAM_VIEWS).find(([, name]) => name === view)?.[0]
  const indexes = [
    ...globalIndexes(table).filter((index) => !isComposite(index)),
    ...(table.LocalSecondaryIndexes ?? []),
  ].map((index) => indexOf(table, index))
  return {
    definition: {
      partitionKey: { ...partitionKey },
      ...(sortKey === undefined ? {} : { sortKey: { ...sortKey } }),
      create: {
        billing: isOnDemand(table) ? 'on-demand' : units(table),
        ...(indexes.length === 0 ? {} : { indexes }),
        ...(ttl?.attribute === undefined ? {} : { ttl: ttl.attribute }),
        ...(stream === undefined ? {} : { stream }),
        ...(table.DeletionProtectionEnabled === true ? { deletionProtection: true } : {}),
      },
    },
    notKept: notKept(table, ttl),
  }
}

type Index = Pick<
  GlobalSecondaryIndexDescription,
  'IndexName' | 'KeySchema' | 'Projection' | 'ProvisionedThroughput'
>

function globalIndexes(table: TableDescription): readonly Index[] {
  return table.GlobalSecondaryIndexes ?? []
}

function indexOf(table: TableDescription, index: Index): JsonObject {
  const { partitionKey, sortKey } = keysOf({ ...table, KeySchema: index.KeySchema })
  const local = !globalIndexes(table).includes(index)
  const { ProjectionType: type, NonKeyAttributes: names = [] } = index.Projection ?? {}
  return {
    name: index.IndexName,
    ...(local ? { kind: 'local' } : { partitionKey: { ...partitionKey } }),
    ...(sortKey === undefined ? {} : { sortKey: { ...sortKey } }),
    projection: type === 'INCLUDE' ? names : type === 'KEYS_ONLY' ? 'keys' : 'all',
    ...(local || isOnDemand(table) ? {} : { billing: units(index) }),
  }
}

function units({ ProvisionedThroughput: of }: Pick<TableDescription, 'ProvisionedThroughput'>) {
  return { readUnits: of?.ReadCapacityUnits ?? 1, writeUnits: of?.WriteCapacityUnits ?? 1 }
}

/** Has several attributes in one part of its key. */
function isComposite({ KeySchema = [] }: Keyed): boolean {
  return KeySchema.filter(({ KeyType }) => KeyType === 'HASH').length > 1 || KeySchema.length > 2
}

function notKept(table: TableDescription, ttl: TimeToLive | undefined): string[] {
  const { OnDemandThroughput: most, TableClassSummary: tier, SSEDescription: key } = table
  const sentences = globalIndexes(table)
    .filter(isComposite)
    .map(({ IndexName }) => `index ${IndexName}, whose key has more than two attributes`)
  if (ttl === undefined) sentences.push('its time to live, which could not be asked for')
  if (most !== undefined) sentences.push('its on-demand maximum')
  if (tier?.TableClass !== undefined && tier.TableClass !== 'STANDARD') {
    sentences.push(`its table class ${tier.TableClass}`)
  }
  if (key?.SSEType === 'KMS') sentences.push('its own encryption key')
  if ((table.Replicas ?? []).length > 0) sentences.push('its replicas')
  return sentences
}
