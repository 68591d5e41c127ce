import { inspect } from 'node:util'
import { HeadraceError } from '../../core/errors.js'
import { requireKnownOptions } from '../../core/known-options.js'
import { excerpt } from '../../core/outcome.js'
import type { Described } from '../../core/source.js'
import {
  checkMongodbConnection,
  describeMongodbConnection,
  type MongodbConnection,
} from '../../stores/mongodb/mongodb-connection.js'

/** A document of a query: its values may be of any class of the `bson` package. */
export type QueryDocument = { readonly [operatorOrField: string]: unknown }

const READ_PREFERENCES = [
  'primary',
  'primaryPreferred',
  'secondary',
  'secondaryPreferred',
  'nearest',
] as const
const READ_CONCERNS = ['local', 'available', 'majority', 'linearizable', 'snapshot'] as const

export interface MongodbOptions<Field extends string = string> {
  /** `mongodb://user:password@host:27017/database?options`, best as `env('MONGO_URL')`. */
  readonly connection: MongodbConnection
  /** @default that of the connection string */
  readonly database?: string
  /** A collection, view, capped or time-series collection. */
  readonly collection: string
  /** Read only documents that match, as in `find()`. Not beside `pipeline`. */
  readonly filter?: QueryDocument
  /** Fields to read, or to leave out, as in `find()`. Not beside `pipeline`. */
  readonly projection?: QueryDocument
  /**
   * Stages of an aggregation over the collection. The run can be resumed, and goes on after a lost
   * cursor, where each stage gives each document once at most and leaves its `_id`: `$match`,
   * `$set`, `$addFields`, `$unset`, `$project`, `$lookup`, `$graphLookup`, `$redact`.
   */
  readonly pipeline?: readonly QueryDocument[]
  /** Which members of a replica set to read from. @default that of the connection string */
  readonly readPreference?: (typeof READ_PREFERENCES)[number]
  /**
   * How settled what is read must be. `snapshot` reads one state of a replica set or sharded
   * cluster (MongoDB 5.0 or later), for as long as the server keeps it: 5 minutes unless its
   * `minSnapshotHistoryWindowInSeconds` is raised; then the run is `mixed`.
   * @default that of the connection string, or else that of the server
   */
  readonly readConcern?: (typeof READ_CONCERNS)[number]
  /** Documents that the server sends at once, 1 to 100,000, of 16 MB at most. @default 1_000 */
  readonly batchSize?: number
  /**
   * Ranges of `_id` to read in parallel, where order does not matter: 1 to 1,000.
   * @default as many as the run reads at once, of a collection of 10,000 documents or more; else 1
   */
  readonly partitions?: number
  /**
   * `'ejson'` keeps a field as canonical Extended JSON, which tells what the usual representation
   * does not: `{ $oid }` from text, `{ $numberInt }` from `{ $numberDouble }`, subtypes of binary.
   */
  readonly types?: { readonly [K in Field]?: 'ejson' }
  /**
   * Read only documents whose value in this field is greater than any was when the last successful
   * run of the pipeline into the same target read them; all, where there is none. Values are to be
   * of one type, and documents without the field are read the first time only. One that is written
   * later with a lower value, or an equal one, is missed: take a field that only grows.
   */
  readonly since?: { readonly column: string }
  /** For finding and connecting to a server; 100 to 600,000. @default 10_000 */
  readonly connectTimeoutMs?: number
}

/** Options with nothing left open. */
export interface MongodbSettings {
  readonly connection: MongodbConnection
  readonly database: string | undefined
  readonly collection: string
  readonly filter: QueryDocument
  readonly projection: QueryDocument | undefined
  /** Where the projection leaves it out, it is read all the same, and left out then. */
  readonly withId: boolean
  readonly pipeline: readonly QueryDocument[]
  readonly readPreference: MongodbOptions['readPreference']
  readonly readConcern: MongodbOptions['readConcern']
  readonly batchSize: number
  readonly partitions: number | undefined
  /** Fields to keep as Extended JSON. */
  readonly ejsonFields: readonly string[]
  readonly since: string | undefined
  readonly connectTimeoutMs: number
}

const OPTIONS = [
  'connection',
  'database',
  'collection',
  'filter',
  'projection',
  'pipeline',
  'readPreference',
  'readConcern',
  'batchSize',
  'partitions',
  'types',
  'since',
  'connectTimeoutMs',
] as const satisfies readonly (keyof MongodbOptions)[]

const BATCH_SIZE = 1_000
const BATCH_SIZE_MAX = 100_000
const PARTITIONS_MAX = 1_000
const CONNECT_TIMEOUT_MS = 10_000

/** @throws HeadraceError `PIPELINE_INVALID` saying what was expected and what was given */
export function mongodbSettings(options: MongodbOptions): MongodbSettings {
  requireKnownOptions('fromMongodb', options, OPTIONS)
  checkMongodbConnection(options.connection)
  const { database, collection, filter, pipeline, readPreference, readConcern } = options
  if (database !== undefined) check(isText(database), 'database', 'a name', database)
  check(isText(collection), 'collection', 'a name', collection)
  if (filter !== undefined) check(isRecord(filter), 'filter', 'a document', filter)
  checkPipeline(options)
  checkChoice('readPreference', readPreference, READ_PREFERENCES)
  checkChoice('readConcern', readConcern, READ_CONCERNS)
  const { batchSize = BATCH_SIZE, partitions, connectTimeoutMs = CONNECT_TIMEOUT_MS } = options
  return {
    connection: options.connection,
    database,
    collection,
    filter: filter ?? {},
    ...projectionOf(options.projection),
    pipeline: pipeline ?? [],
    readPreference,
    readConcern,
    batchSize: whole('batchSize', batchSize, 1, BATCH_SIZE_MAX),
    partitions:
      partitions === undefined ? undefined : whole('partitions', partitions, 1, PARTITIONS_MAX),
    ejsonFields: ejsonFields(options.types),
    since: sinceField(options.since),
    connectTimeoutMs: whole('connectTimeoutMs', connectTimeoutMs, 100, 600_000),
  }
}

/** The options as plans and run records show them: without secrets. */
export function describeMongodbOptions(options: MongodbOptions): {
  readonly [option: string]: Described
} {
  const { filter, projection, pipeline, ...rest } = options
  const documents = Object.entries({ filter, projection, pipeline })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, printed(value)] as const)
  return {
    ...rest,
    connection: describeMongodbConnection(options.connection),
    ...Object.fromEntries(documents),
  }
}

/** Queries hold values that JSON does not: dates, ObjectIds, regular expressions. */
function printed(value: unknown): string {
  return inspect(value, {
    depth: Infinity,
    breakLength: Infinity,
    maxArrayLength: Infinity,
    maxStringLength: Infinity,
  })
}

function checkPipeline({ filter, projection, pipeline }: MongodbOptions): void {
  if (pipeline === undefined) return
  const right = Array.isArray(pipeline) && pipeline.every((stage) => isRecord(stage))
  check(right, 'pipeline', 'a list of stages', pipeline)
  const last = Object.keys(pipeline.at(-1) ?? {})[0]
  if (last === '$out' || last === '$merge') {
    throw invalid('pipeline', 'stages that only read', last)
  }
  const beside = filter === undefined ? 'projection' : 'filter'
  if (filter === undefined && projection === undefined) return
  throw new HeadraceError(
    'PIPELINE_INVALID',
    `fromMongodb takes \`${beside}\` or \`pipeline\`, not both`,
    { hint: `Make it the stage ${beside === 'filter' ? '$match' : '$project'} of the pipeline.` },
  )
}

function projectionOf(
  projection: QueryDocument | undefined,
): Pick<MongodbSettings, 'projection' | 'withId'> {
  if (projection === undefined) return { projection, withId: true }
  check(isRecord(projection), 'projection', 'a document', projection)
  if (!('_id' in projection)) return { projection, withId: true }
  const { _id: id, ...rest } = projection
  if (id === 1 || id === true) return { projection, withId: true }
  check(id === 0 || id === false, 'projection._id', '0 or 1', id)
  return { projection: Object.keys(rest).length === 0 ? undefined : rest, withId: false }
}

function ejsonFields(types: MongodbOptions['types'] = {}): string[] {
  check(isRecord(types), 'types', 'representations by field', types)
  for (const [field, representation] of Object.entries(types)) {
    check(representation === 'ejson', `types.${field}`, "'ejson'", representation)
  }
  return Object.keys(types)
}

function sinceField(since: MongodbOptions['since']): string | undefined {
  if (since === undefined) return undefined
  requireKnownOptions('`since` of fromMongodb', since, ['column'])
  check(isText(since.column), 'since.column', 'a field', since.column)
  return since.column
}

function checkChoice(option: string, value: unknown, choices: readonly string[]): void {
  if (value === undefined) return
  check(choices.includes(value as string), option, `one of ${choices.join(', ')}`, value)
}

function whole(option: string, value: unknown, min: number, max: number): number {
  const right = Number.isInteger(value) && (value as number) >= min && (value as number) <= max
  check(right, option, `a whole number from ${min} to ${max}`, value)
  return value as number
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function check(right: boolean, option: string, expected: string, got: unknown): void {
  if (!right) throw invalid(option, expected, got)
}

function invalid(option: string, expected: string, got: unknown): HeadraceError {
  return new HeadraceError(
    'PIPELINE_INVALID',
    `Expected \`${option}\` of fromMongodb to be ${expected}; got ${excerpt(got)}`,
  )
}
