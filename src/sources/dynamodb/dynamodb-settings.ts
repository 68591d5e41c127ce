import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { HeadraceError } from '../../core/errors.js'
import { requireKnownOptions } from '../../core/known-options.js'
import type { Described, SourceDefinition } from '../../core/source.js'
import { excerpt } from '../../core/outcome.js'
import { ValueEncoder } from '../../formats/dynamodb/value-encoder.js'
import type { AttributeMap, AttributeValue } from '../../formats/dynamodb/attribute-value.js'
import type { DynamodbFilter, FromDynamodbOptions } from './dynamodb-options.js'

/** Options checked, with nothing left open but what the table decides. */
export interface DynamodbSettings {
  readonly table: string
  readonly index: string | undefined
  readonly segments: number
  readonly consistent: boolean | undefined
  readonly filter: FilterSettings | undefined
  readonly projection: readonly string[] | undefined
  readonly maxReadUnits: number | undefined
  readonly region: string | undefined
  readonly endpoint: string | undefined
  readonly client: DynamoDBClient | undefined
}

export interface FilterSettings {
  readonly expression: string
  readonly names: Readonly<Record<string, string>>
  readonly values: AttributeMap
}

const SEGMENTS_DEFAULT = 4
const SEGMENTS_MAX = 1_000_000
const OPTIONS = [
  'table',
  'index',
  'segments',
  'consistent',
  'filter',
  'projection',
  'maxReadUnits',
  'region',
  'endpoint',
  'client',
]

/** @throws HeadraceError `PIPELINE_INVALID` saying what was expected */
export function dynamodbSettings(options: FromDynamodbOptions): DynamodbSettings {
  requireKnownOptions('fromDynamodb', options, OPTIONS)
  const { table, index, segments = SEGMENTS_DEFAULT, consistent, projection } = options
  const { filter, maxReadUnits, region, endpoint, client } = options
  if (!isName(table)) throw invalid('`table` to be the name of a table', table)
  if (index !== undefined && !isName(index)) throw invalid('`index` to be a name', index)
  if (!isWhole(segments, 1, SEGMENTS_MAX)) {
    throw invalid('`segments` to be a whole number from 1 to 1,000,000', segments)
  }
  if (consistent !== undefined && typeof consistent !== 'boolean') {
    throw invalid('`consistent` to be true or false', consistent)
  }
  if (projection !== undefined && !(isList(projection) && projection.every(isName))) {
    throw invalid('`projection` to be a list of attribute names, not empty', projection)
  }
  if (maxReadUnits !== undefined && !isWhole(maxReadUnits, 1, Number.MAX_SAFE_INTEGER)) {
    throw invalid('`maxReadUnits` to be a whole number from 1 up', maxReadUnits)
  }
  checkAccess(options)
  return {
    table,
    index,
    segments,
    consistent,
    filter: filter === undefined ? undefined : filterSettings(filter),
    projection: projection === undefined ? undefined : [...new Set(projection)],
    maxReadUnits,
    region,
    endpoint,
    client,
  }
}

/** As the plan prints and hashes them. */
export function describeOptions(settings: DynamodbSettings): SourceDefinition['options'] {
  const { client, ...plain } = settings
  const described = plain as unknown as { readonly [option: string]: Described }
  return client === undefined ? described : { ...described, client: 'given' }
}

function checkAccess({ region, endpoint, client }: FromDynamodbOptions): void {
  if (region !== undefined && !(typeof region === 'string' && /^[\w-]+$/.test(region))) {
    throw invalid("`region` to be a region such as 'eu-west-1'", region)
  }
  if (endpoint !== undefined && !(/^https?:\/\/./.test(endpoint) && URL.canParse(endpoint))) {
    throw invalid("`endpoint` to be a URL such as 'http://localhost:8000'", endpoint)
  }
  if (client === undefined) return
  if (typeof (client as Partial<DynamoDBClient> | null)?.send !== 'function') {
    throw invalid('`client` to be a DynamoDBClient of @aws-sdk/client-dynamodb', typeof client)
  }
  if (region !== undefined || endpoint !== undefined) {
    throw new HeadraceError(
      'PIPELINE_INVALID',
      'fromDynamodb: `client` was given together with `region` or `endpoint`',
      { hint: 'A ready client has its own region and endpoint: leave the others out.' },
    )
  }
}

function filterSettings(filter: DynamodbFilter): FilterSettings {
  requireKnownOptions('fromDynamodb `filter`', filter, ['expression', 'names', 'values'])
  const { expression, names = {}, values = {} } = filter
  if (!isName(expression)) throw invalid('`filter.expression` to be an expression', expression)
  const named = Object.entries(names)
  if (!named.every(([placeholder, name]) => placeholder.startsWith('#') && isName(name))) {
    throw invalid('`filter.names` to be attribute names by placeholders such as "#type"', names)
  }
  const encoded = Object.entries(values).map(([placeholder, value]) => {
    if (!placeholder.startsWith(':')) {
      throw invalid('`filter.values` to be values by placeholders such as ":type"', values)
    }
    return [placeholder, attributeValue(placeholder, value)] as const
  })
  return { expression, names: { ...names }, values: Object.fromEntries(encoded) }
}

function attributeValue(placeholder: string, value: unknown): AttributeValue {
  if (value === undefined)
    throw invalid(`\`filter.values\` to hold a value for ${placeholder}`, value)
  const encoder = new ValueEncoder(undefined)
  const text = encoder.encode(value, 1)
  if (encoder.failure === undefined) return JSON.parse(text) as AttributeValue
  throw invalid(
    `\`filter.values\` to hold what DynamoDB can (${placeholder}: ${encoder.failure.reason})`,
    value,
  )
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length > 0
}

function isWhole(value: unknown, least: number, most: number): boolean {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most
}

function invalid(expected: string, got: unknown): HeadraceError {
  return new HeadraceError(
    'PIPELINE_INVALID',
    `fromDynamodb: expected ${expected}; got ${excerpt(got)}`,
  )
}
