import { HeadraceError } from '../../core/errors.js'
import { requireKnownOptions } from '../../core/known-options.js'
import type { KeyAttribute } from '../../formats/dynamodb/key-rules.js'
import { invalid, oneOf, optional, requireName, shown, wholeNumber } from './check-values.js'
import type { Projection, ProvisionedUnits } from './options.js'
import {
  STREAM_VIEWS,
  type IndexDefinition,
  type TableDefinition,
  type TableKeys,
} from './table-definition.js'

type Given = Readonly<Record<string, unknown>>

const CREATE_OPTIONS = [
  'billing',
  'indexes',
  'ttl',
  'stream',
  'tags',
  'warmThroughput',
  'deletionProtection',
]
const GLOBAL_INDEX_OPTIONS = ['name', 'kind', 'partitionKey', 'sortKey', 'projection', 'billing']
const LOCAL_INDEX_OPTIONS = ['name', 'kind', 'sortKey', 'projection']

/** @throws HeadraceError `PIPELINE_INVALID` unless a name, or a name and a type */
export function checkKey(of: string, given: unknown): KeyAttribute {
  if (typeof given === 'string' && given !== '') return { name: given, type: 'S' }
  const { name, type } = (typeof given === 'object' && given !== null ? given : {}) as Given
  const known = type === 'S' || type === 'N' || type === 'B'
  if (typeof name === 'string' && name !== '' && known) return { name, type }
  throw invalid(of, "the name of an attribute, or { name, type: 'S' | 'N' | 'B' }", given)
}

/** Fills in the defaults of `create`. @throws HeadraceError `PIPELINE_INVALID` */
export function checkCreate(given: unknown, keys: TableKeys): TableDefinition {
  requireKnownOptions('toDynamodb({ create })', given, CREATE_OPTIONS)
  const create = given as Given
  const billing =
    create['billing'] === undefined || create['billing'] === 'on-demand'
      ? 'on-demand'
      : units('create.billing', create['billing'])
  const stream = optional(create['stream'], (value) =>
    oneOf('create.stream', value, Object.keys(STREAM_VIEWS) as (keyof typeof STREAM_VIEWS)[]),
  )
  return {
    billing,
    indexes: indexes(create['indexes'], keys, billing),
    ttl: optional(create['ttl'], (value) => attribute('create.ttl', value)),
    stream,
    tags: tags(create['tags']),
    warmThroughput: optional(create['warmThroughput'], (value) =>
      units('create.warmThroughput', value),
    ),
    deletionProtection: oneOf('create.deletionProtection', create['deletionProtection'] ?? false, [
      true,
      false,
    ]),
  }
}

function units(of: string, given: unknown): ProvisionedUnits {
  if (typeof given !== 'object' || given === null) {
    throw invalid(of, '{ readUnits, writeUnits }', given)
  }
  requireKnownOptions(`toDynamodb({ ${of} })`, given, ['readUnits', 'writeUnits'])
  const { readUnits, writeUnits } = given as Given
  return {
    readUnits: wholeNumber(`${of}.readUnits`, readUnits, 1),
    writeUnits: wholeNumber(`${of}.writeUnits`, writeUnits, 1),
  }
}

function attribute(of: string, given: unknown): string {
  if (typeof given === 'string' && given !== '') return given
  throw invalid(of, 'the name of an attribute', given)
}

function tags(given: unknown): Readonly<Record<string, string>> {
  const known = given ?? {}
  const fits =
    typeof known === 'object' &&
    !Array.isArray(known) &&
    Object.values(known).every((value) => typeof value === 'string')
  if (!fits) throw invalid('create.tags', 'an object of strings', given)
  return known as Readonly<Record<string, string>>
}

function indexes(
  given: unknown,
  keys: TableKeys,
  billing: TableDefinition['billing'],
): readonly IndexDefinition[] {
  if (given === undefined) return []
  if (!Array.isArray(given)) throw invalid('create.indexes', 'a list of indexes', given)
  const checked = given.map((one: unknown, at) =>
    index(`create.indexes[${at}]`, one, keys, billing),
  )
  const names = checked.map(({ name }) => name)
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined) {
    throw new HeadraceError('PIPELINE_INVALID', `Two indexes are named ${shown(twice)}`)
  }
  requireOneType([keys, ...checked])
  return checked
}

function index(
  of: string,
  given: unknown,
  keys: TableKeys,
  billing: TableDefinition['billing'],
): IndexDefinition {
  const local = (given as Given | null)?.['kind'] === 'local'
  requireKnownOptions(
    `toDynamodb({ ${of} })`,
    given,
    local ? LOCAL_INDEX_OPTIONS : GLOBAL_INDEX_OPTIONS,
  )
  const options = given as Given
  const kind = oneOf(`${of}.kind`, options['kind'] ?? 'global', ['global', 'local'])
  if (local && keys.sortKey === undefined) {
    throw new HeadraceError('PIPELINE_INVALID', `${of} is local, but the table has no sort key`, {
      hint: 'Local indexes need a table with a sort key; make it a global one.',
    })
  }
  if (billing === 'on-demand' && options['billing'] !== undefined) {
    throw new HeadraceError('PIPELINE_INVALID', `${of} has \`billing\`, but the table is on-demand`)
  }
  return {
    name: requireName(`${of}.name`, options['name']),
    kind,
    partitionKey: local
      ? keys.partitionKey
      : checkKey(`${of}.partitionKey`, options['partitionKey']),
    sortKey:
      local || options['sortKey'] !== undefined
        ? checkKey(`${of}.sortKey`, options['sortKey'])
        : undefined,
    projection: projection(`${of}.projection`, options['projection']),
    units: local || billing === 'on-demand' ? undefined : indexUnits(of, options, billing),
  }
}

function indexUnits(of: string, options: Given, table: ProvisionedUnits): ProvisionedUnits {
  return options['billing'] === undefined ? table : units(`${of}.billing`, options['billing'])
}

function projection(of: string, given: unknown): Projection {
  if (given === undefined || given === 'all') return 'all'
  if (given === 'keys') return 'keys'
  const names =
    Array.isArray(given) && given.length > 0 && given.every((name) => typeof name === 'string')
  if (!names) throw invalid(of, "'all', 'keys' or a list of attribute names", given)
  return given as readonly string[]
}

/** An attribute has one type, in whichever keys it stands. */
function requireOneType(of: readonly TableKeys[]): void {
  const types = new Map<string, string>()
  for (const { partitionKey, sortKey } of of) {
    for (const key of sortKey === undefined ? [partitionKey] : [partitionKey, sortKey]) {
      const before = types.get(key.name)
      if (before !== undefined && before !== key.type) {
        throw new HeadraceError(
          'PIPELINE_INVALID',
          `Attribute ${shown(key.name)} is ${before} in one key and ${key.type} in another`,
        )
      }
      types.set(key.name, key.type)
    }
  }
}
