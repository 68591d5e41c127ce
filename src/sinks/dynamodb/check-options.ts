import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { HeadraceError } from '../../core/errors.js'
import { requireKnownOptions } from '../../core/known-options.js'
import type { DatePolicy } from '../../formats/dynamodb/value-encoder.js'
import type { TransportChoice } from '../../stores/dynamodb/lanes.js'
import { checkCreate, checkKey } from './check-table-options.js'
import { invalid, oneOf, optional, requireName, wholeNumber } from './check-values.js'
import { checkMode, type ModeSettings } from './modes/check-mode.js'
import type { TableDefinition, TableKeys } from './table-definition.js'

/** The options of `toDynamodb`, checked and with every default filled in. */
export interface DynamodbSettings extends ModeSettings {
  readonly table: string
  readonly keys: TableKeys
  readonly create: TableDefinition | undefined
  readonly region: string | undefined
  readonly endpoint: string | undefined
  readonly client: DynamoDBClient | undefined
  readonly dates: DatePolicy | undefined
  readonly uniqueKeys: boolean
  readonly stamp: string | undefined
  readonly maxWriteUnits: number | undefined
  readonly concurrency: number
  readonly spreadItems: number
  readonly ambiguousGraceMs: number
  readonly requestTimeoutMs: number
  readonly transport: TransportChoice
}

export const CONCURRENCY_MAX = 1_024
/** A request for each partition of a small table. */
const SPREAD_ITEMS_MIN = 100
const SPREAD_ITEMS_MAX = 1_000_000
const LONGEST_MS = 600_000

const OPTIONS = [
  'table',
  'partitionKey',
  'sortKey',
  'mode',
  'ifUnchanged',
  'onConflict',
  'create',
  'region',
  'endpoint',
  'client',
  'dates',
  'duplicates',
  'uniqueKeys',
  'stamp',
  'maxWriteUnits',
  'concurrency',
  'spreadItems',
  'ambiguousGraceMs',
  'requestTimeoutMs',
  'transport',
]

/** @throws HeadraceError `PIPELINE_INVALID` saying which option is wrong, what it must be and is */
export function checkOptions(given: unknown): DynamodbSettings {
  requireKnownOptions('toDynamodb()', given, OPTIONS)
  const options = given as Readonly<Record<string, unknown>>
  const keys = checkKeys(options['partitionKey'], options['sortKey'])
  const mode = checkMode(options)
  const uniqueKeys = oneOf('uniqueKeys', options['uniqueKeys'] ?? false, [true, false])
  return {
    table: requireName('table', options['table']),
    keys,
    ...mode,
    create: optional(options['create'], (value) => checkCreate(value, keys)),
    ...checkConnection(options),
    dates: optional(options['dates'], (value) =>
      oneOf('dates', value, ['iso', 'seconds', 'milliseconds']),
    ),
    uniqueKeys,
    stamp: optional(options['stamp'], (value) => checkStamp(value, keys, mode)),
    maxWriteUnits: optional(options['maxWriteUnits'], (value) =>
      wholeNumber('maxWriteUnits', value, 1),
    ),
    concurrency: wholeNumber('concurrency', options['concurrency'] ?? 32, 1, CONCURRENCY_MAX),
    spreadItems: wholeNumber(
      'spreadItems',
      options['spreadItems'] ?? 10_000,
      SPREAD_ITEMS_MIN,
      SPREAD_ITEMS_MAX,
    ),
    ambiguousGraceMs: wholeNumber(
      'ambiguousGraceMs',
      options['ambiguousGraceMs'] ?? 5_000,
      0,
      LONGEST_MS,
    ),
    requestTimeoutMs: wholeNumber(
      'requestTimeoutMs',
      options['requestTimeoutMs'] ?? 30_000,
      100,
      LONGEST_MS,
    ),
    transport: oneOf('transport', options['transport'] ?? 'auto', ['auto', 'sdk', 'direct']),
  }
}

function checkStamp(value: unknown, keys: TableKeys, { mode }: ModeSettings): string {
  if (mode !== 'put' && mode !== 'insert') {
    throw invalid('stamp', 'left out but in mode put or insert', value)
  }
  const names = [keys.partitionKey.name, keys.sortKey?.name]
  const isFree = typeof value === 'string' && value !== '' && !names.includes(value)
  if (isFree) return value
  throw invalid('stamp', 'the name of an attribute other than the keys', value)
}

function checkKeys(partition: unknown, sort: unknown): TableKeys {
  const partitionKey = checkKey('partitionKey', partition)
  const sortKey = optional(sort, (value) => checkKey('sortKey', value))
  if (sortKey?.name === partitionKey.name) {
    throw invalid('sortKey', 'another attribute than `partitionKey`', sort)
  }
  return { partitionKey, sortKey }
}

function checkConnection(
  options: Readonly<Record<string, unknown>>,
): Pick<DynamodbSettings, 'region' | 'endpoint' | 'client'> {
  const { region, endpoint, client } = options
  if (client !== undefined && (region !== undefined || endpoint !== undefined)) {
    throw new HeadraceError(
      'PIPELINE_INVALID',
      'toDynamodb: `client` was given together with `region` or `endpoint`',
      { hint: 'A ready client has its own region and endpoint: leave the others out.' },
    )
  }
  return {
    region: optional(region, (value) => {
      if (typeof value === 'string' && /^[\w-]+$/.test(value)) return value
      throw invalid('region', "a region such as 'eu-west-1'", value)
    }),
    endpoint: optional(endpoint, checkEndpoint),
    client: optional(client, checkClient),
  }
}

function checkEndpoint(value: unknown): string {
  const fits = typeof value === 'string' && /^https?:\/\/./.test(value) && URL.canParse(value)
  if (!fits) throw invalid('endpoint', "a URL such as 'http://localhost:8000'", value)
  return value
}

function checkClient(value: unknown): DynamoDBClient {
  const client = value as Partial<DynamoDBClient> | null
  if (typeof client?.send !== 'function' || client.middlewareStack === undefined) {
    throw new HeadraceError('PIPELINE_INVALID', 'toDynamodb: `client` is not a DynamoDBClient', {
      hint: 'Pass `new DynamoDBClient({ … })` of @aws-sdk/client-dynamodb.',
    })
  }
  return value as DynamoDBClient
}
