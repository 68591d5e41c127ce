import type { TargetReport } from '../../core/sink.js'
import type { DynamodbConnection } from '../../stores/dynamodb/connect.js'
import type { DynamodbSettings } from './check-options.js'
import { PRICE_NOTE, USD_PER_MILLION_WRITE_UNITS } from './price.js'
import type { TableDefinition } from './table-definition.js'
import { factsOf, formatKeys, isOnDemand, warningsOf, writeUnitsOf } from './table-facts.js'
import type { Description, TimeToLive } from './tables.js'

/**
 * What is known of the target before a run.
 * @param found the table, or `undefined` when it is yet to be made
 * @param ttl what is known of its time to live
 */
export function reportOf(
  settings: DynamodbSettings,
  connection: Pick<DynamodbConnection, 'label' | 'local'>,
  found: Description | undefined,
  ttl: TimeToLive | undefined,
): TargetReport {
  const { table, mode, keys, create, maxWriteUnits } = settings
  const onDemand = found === undefined ? create?.billing === 'on-demand' : isOnDemand(found)
  // The embedded DynamoDB has no capacity; what AWS would charge is worth knowing all the same.
  const units = found === undefined || connection.local ? undefined : writeUnitsOf(found)
  const { local } = connection
  const most = lesser(units?.atFirst, maxWriteUnits)
  return {
    label: `DynamoDB table ${table} (${connection.label})`,
    exists: found !== undefined,
    preparations: preparationsOf(settings, found),
    warnings: found === undefined ? [] : [...warningsOf(found, create), ...ttlWarning(create, ttl)],
    facts: [
      ['key', formatKeys(keys)],
      ...(mode === 'put' ? [] : [['mode', mode] as const]),
      ...(found === undefined ? [] : factsOf(found)),
      ...(maxWriteUnits === undefined
        ? []
        : [['maxWriteUnits', maxWriteUnits.toLocaleString('en-US')] as const]),
      ...(onDemand
        ? [['price', local ? `nothing here; on AWS ${PRICE_NOTE}` : PRICE_NOTE] as const]
        : []),
    ],
    writeUnitsPerSecond: most,
    usdPerMillionWriteUnits: onDemand ? USD_PER_MILLION_WRITE_UNITS : undefined,
  }
}

/** The lesser of two limits, either of which may not be set. */
export function lesser(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b)
}

function preparationsOf(
  { table, keys, create }: DynamodbSettings,
  found: Description | undefined,
): string[] {
  if (found?.TableStatus === 'CREATING') return [`wait until table ${table} is active`]
  if (found !== undefined || create === undefined) return []
  const { billing, indexes, ttl } = create
  const how = billing === 'on-demand' ? billing : `${billing.writeUnits} write units/s`
  return [
    `create table ${table} with key ${formatKeys(keys)}, ${how}`,
    ...indexes.map((index) => `create ${index.kind} index ${index.name} on ${formatKeys(index)}`),
    ...(ttl === undefined ? [] : [`delete items by the time in ${ttl}`]),
  ]
}

function ttlWarning(create: TableDefinition | undefined, actual: TimeToLive | undefined): string[] {
  if (create?.ttl === undefined || actual === undefined || create.ttl === actual.attribute) {
    return []
  }
  return [
    `The table exists and deletes items by ${actual.attribute ?? 'no time'}, not by ` +
      `${create.ttl}; it is left as it is.`,
  ]
}
