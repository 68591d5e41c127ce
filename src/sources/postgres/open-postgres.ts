import { resolveSecret, isSecret } from '../../core/env.js'
import type { OpenContext, SourceReader } from '../../core/source.js'
import { RowDecoder } from '../../formats/postgres/row-decoder.js'
import type { SnapshotOptions } from '../../stores/postgres/exported-snapshot.js'
import { postgresAddress } from '../../stores/postgres/postgres-connection.js'
import { readError } from '../../stores/postgres/postgres-errors.js'
import type { Parameter, PostgresSession } from '../../stores/postgres/postgres-session.js'
import { estimateRows } from './estimate-rows.js'
import { findSince } from './find-since.js'
import { paysThread, type PlannedRead } from './pays-thread.js'
import { PostgresReader } from './postgres-reader.js'
import type { PostgresParameter, PostgresSettings } from './postgres-options.js'
import { keylessStatement, readType, type ReadPlan } from './read-statement.js'
import { describeRelation, requireColumn, type Relation } from './relation.js'
import { chooseKey, type FoundKey } from './row-key.js'
import { SnapshotKeeper } from './snapshot-keeper.js'
import { chooseRanges } from './choose-ranges.js'

/** Fewer rows are sorted in no time. */
const SORTED_ROWS_MIN = 10_000

/**
 * Connects, takes a snapshot, and finds out all that can be wrong before a row is read.
 * @throws HeadraceError `SOURCE_…`, `CREDENTIALS`, `ENV_MISSING` or `UNKNOWN_COLUMN`
 */
export async function openPostgres(
  settings: PostgresSettings,
  context: OpenContext,
  inThread: (read: PlannedRead) => boolean = paysThread,
): Promise<SourceReader> {
  const address = postgresAddress(settings.connection, settings.connectTimeoutMs)
  const { statementTimeoutMs } = settings
  const parameters = settings.params.map(parameterText)
  const keeper = await openKeeper({ address, statementTimeoutMs }, context)
  const { session } = keeper
  const stop = (): void => void session.cancel().then(() => session.close())
  context.signal.addEventListener('abort', stop, { once: true })
  try {
    return await inspect(settings, parameters, keeper, context, inThread)
  } catch (error) {
    await keeper.close()
    context.signal.throwIfAborted()
    throw readError(error, whatOf(settings))
  } finally {
    context.signal.removeEventListener('abort', stop)
  }
}

async function openKeeper(options: SnapshotOptions, context: OpenContext): Promise<SnapshotKeeper> {
  try {
    return await SnapshotKeeper.open(options, context)
  } catch (error) {
    context.signal.throwIfAborted()
    throw readError(error, 'a snapshot of its database')
  }
}

async function inspect(
  settings: PostgresSettings,
  parameters: readonly Parameter[],
  keeper: SnapshotKeeper,
  context: OpenContext,
  inThread: (read: PlannedRead) => boolean,
): Promise<SourceReader> {
  const { session } = keeper
  await warnOfEncoding(session, context)
  const relation = await describeRelation(session, settings, parameters)
  if (context.earlier?.resumed === true) keeper.mix('a run is resumed, and data may have changed')
  if (relation.table?.kind === 'foreign') noSnapshot(keeper, relation)
  const columns =
    settings.columns?.map((name) => requireColumn(relation, name, 'columns')) ?? relation.columns
  for (const name of Object.keys(settings.types)) requireColumn(relation, name, 'types')
  const filter = { where: settings.where, parameters, since: undefined }
  const found = chooseKey(relation, settings, context)
  const withoutSince: ReadPlan = { relation, columns, filter, key: undefined }
  const { since, position } = await findSince(session, withoutSince, settings.since, context)
  const unkeyed: ReadPlan = { ...withoutSince, filter: { ...filter, since } }
  const key = await keyForAllRows(session, unkeyed, found, settings, context)
  const plan: ReadPlan = { ...unkeyed, key: 'missing' in key ? undefined : key }
  const { rows, sorts } = await estimateRows(session, plan)
  if (sorts) warnOfSort(relation, rows, context)
  const ranges = await chooseRanges(session, plan, settings.partitions, rows, context)
  if (inThread({ plan, ranges, rows })) keeper.readInThread()
  const decoder = new RowDecoder(
    columns.map((column) => ({
      name: column.name,
      type: readType(column),
      representation: settings.types[column.name],
    })),
  )
  const notResumable = 'missing' in key ? key.missing : notLasting(relation, key.lasting)
  return new PostgresReader({ plan, keeper, decoder, ranges, rows, notResumable, position })
}

/** A nullable cursor of a table with rows that have none gives way to the primary key. */
async function keyForAllRows(
  session: PostgresSession,
  plan: ReadPlan,
  found: FoundKey,
  settings: PostgresSettings,
  context: OpenContext,
): Promise<FoundKey> {
  if ('missing' in found || !found.nullable || plan.relation.table === undefined) return found
  const { sql, parameters } = keylessStatement(plan, found)
  const { rows } = await session.query(sql, parameters)
  if (rows.length === 0) return { ...found, nullable: false }
  const natural = chooseKey(plan.relation, { ...settings, cursor: undefined }, context)
  if ('missing' in natural || natural.nullable || !natural.lasting) return found
  context.warn(
    `The cursor of ${plan.relation.label} is NULL in some rows: they are read in the order of ` +
      `its key (${natural.parts.map(({ column }) => column).join(', ')}) instead.`,
  )
  return natural
}

function notLasting({ label }: Relation, lasting: boolean): string | undefined {
  return lasting ? undefined : `${label} has no primary key, and no \`cursor\` is given`
}

/** Of tables it is known without asking which indexes they have. */
function warnOfSort({ table, label }: Relation, rows: number, context: OpenContext): void {
  if ((table !== undefined && table.kind !== 'view') || rows < SORTED_ROWS_MIN) return
  context.warn(
    `The server must sort the ${label}, about ${rows.toLocaleString('en')} rows, before the ` +
      'first one and again for each resume: no index serves its cursor.',
  )
}

function noSnapshot(keeper: SnapshotKeeper, { label }: Relation): void {
  keeper.consistency = 'none'
  keeper.requireOne(`${label} is a foreign table, whose server promises none`)
}

async function warnOfEncoding(session: PostgresSession, context: OpenContext): Promise<void> {
  const { rows } = await session.query('SHOW server_encoding')
  if (rows[0]?.[0] !== 'SQL_ASCII') return
  context.warn('The database has the encoding SQL_ASCII: text that is not UTF-8 will be altered.')
}

function parameterText(value: PostgresParameter): Parameter {
  if (value === null) return null
  return isSecret(value) ? resolveSecret(value) : String(value)
}

function whatOf({ from }: PostgresSettings): string {
  if ('query' in from) return 'the query'
  const { schema, name } = from.table
  return schema === undefined ? name : `${schema}.${name}`
}
