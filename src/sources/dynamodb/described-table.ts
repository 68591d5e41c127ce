import type { TableDescription } from '@aws-sdk/client-dynamodb'
import { HeadraceError } from '../../core/errors.js'
import { nearestName } from '../../core/known-options.js'
import { PROMPT, sendRetried } from '../../stores/dynamodb/send-retried.js'
import type { DynamodbConnection } from '../../stores/dynamodb/connect.js'
import { sourceError } from './source-error.js'

/** A table, or one of its indexes, as DescribeTable has it: what a scan needs to know. */
export interface DescribedTable {
  /** Changes when the table is another one of the same name. */
  readonly id: string
  /** Attributes that make a position: keys of the table, and of the index. */
  readonly keyNames: readonly string[]
  /** Approximate: DynamoDB counts every six hours. */
  readonly itemCount: number | undefined
  /** Read units a second it has, where it tells. */
  readonly readUnitsPerSecond: number | undefined
  /** What the index leaves out of items, for people; `undefined` when nothing. */
  readonly leavesOut: string | undefined
  /** Whether it can be read consistently: all but global indexes can. */
  readonly consistent: boolean
}

type Keyed = Pick<TableDescription, 'KeySchema'>
type Capacity = Pick<
  TableDescription,
  'ProvisionedThroughput' | 'OnDemandThroughput' | 'WarmThroughput'
>

/** @throws HeadraceError `SOURCE_NOT_FOUND` naming what was probably meant, `SOURCE_REFUSED` */
export async function describeForScan(
  connection: DynamodbConnection,
  table: string,
  index: string | undefined,
  signal: AbortSignal,
): Promise<DescribedTable> {
  const found = await describe(connection, table, signal)
  requireReadable(found, table)
  const id = found.TableId ?? String(found.CreationDateTime as unknown)
  const keys = keyNamesOf(found)
  if (index === undefined) {
    const readUnitsPerSecond = readUnitsOf(found)
    const { ItemCount: itemCount } = found
    return {
      id,
      keyNames: keys,
      itemCount,
      readUnitsPerSecond,
      leavesOut: undefined,
      consistent: true,
    }
  }
  const global = found.GlobalSecondaryIndexes?.find(({ IndexName }) => IndexName === index)
  const local = found.LocalSecondaryIndexes?.find(({ IndexName }) => IndexName === index)
  const either = global ?? local
  if (either === undefined) throw noIndex(found, table, index)
  return {
    id,
    keyNames: [...new Set([...keyNamesOf(either), ...keys])],
    itemCount: either.ItemCount,
    readUnitsPerSecond: readUnitsOf(global ?? found),
    leavesOut: leftOut(either.Projection?.ProjectionType),
    consistent: global === undefined,
  }
}

async function describe(
  { transport, label }: DynamodbConnection,
  table: string,
  signal: AbortSignal,
): Promise<Readonly<TableDescription>> {
  const body = JSON.stringify({ TableName: table })
  try {
    const answer = await sendRetried(transport, 'DescribeTable', body, signal, PROMPT)
    return (answer as { readonly Table: TableDescription }).Table
  } catch (error) {
    if (!HeadraceError.is(error) || error.code !== 'TARGET_NOT_FOUND') throw sourceError(error)
    const names = await tableNames(transport, signal)
    const meant = nearestName(table, names)
    throw new HeadraceError('SOURCE_NOT_FOUND', `There is no table ${table} (${label})`, {
      hint: meant === undefined ? hintOf(names) : `Did you mean ${meant}?`,
      cause: error,
    })
  }
}

function hintOf(names: readonly string[]): string {
  if (names.length === 0) return 'Check the name, the region and the account.'
  const shown = names.slice(0, 10).join(', ') + (names.length > 10 ? ', …' : '')
  return `Check the region and the account. Tables there: ${shown}.`
}

const LIST_REQUESTS_MAX = 10

/** Names of tables, for a hint: not all where there are very many, none where it is not allowed. */
async function tableNames(
  transport: DynamodbConnection['transport'],
  signal: AbortSignal,
): Promise<string[]> {
  const names: string[] = []
  let after: string | undefined
  try {
    for (let request = 0; request < LIST_REQUESTS_MAX; request += 1) {
      const body = JSON.stringify(after === undefined ? {} : { ExclusiveStartTableName: after })
      const answer = (await sendRetried(transport, 'ListTables', body, signal, PROMPT)) as {
        readonly TableNames?: readonly string[]
        readonly LastEvaluatedTableName?: string
      }
      names.push(...(answer.TableNames ?? []))
      after = answer.LastEvaluatedTableName
      if (after === undefined) break
    }
  } catch (error) {
    if (!HeadraceError.is(error)) throw error
  }
  return names
}

function requireReadable({ TableStatus }: TableDescription, table: string): void {
  if (TableStatus === undefined || TableStatus === 'ACTIVE' || TableStatus === 'UPDATING') return
  throw new HeadraceError('SOURCE_REFUSED', `Table ${table} cannot be read: it is ${TableStatus}`, {
    hint: 'Wait until it is active, or look at it in the AWS console.',
  })
}

function noIndex(found: TableDescription, table: string, index: string): HeadraceError {
  const names = [
    ...(found.GlobalSecondaryIndexes ?? []),
    ...(found.LocalSecondaryIndexes ?? []),
  ].flatMap(({ IndexName }) => (IndexName === undefined ? [] : [IndexName]))
  const meant = nearestName(index, names)
  const known = names.length === 0 ? 'It has none.' : `Its indexes are ${names.join(', ')}.`
  return new HeadraceError('SOURCE_NOT_FOUND', `Table ${table} has no index ${index}`, {
    hint: meant === undefined ? known : `Did you mean ${meant}?`,
  })
}

function keyNamesOf({ KeySchema }: Keyed): string[] {
  return (KeySchema ?? []).flatMap(({ AttributeName: name }) => (name === undefined ? [] : [name]))
}

/** What is provisioned; else the maximum set for on-demand, or what is warm, the lesser. */
function readUnitsOf(of: Capacity): number | undefined {
  const provisioned = of.ProvisionedThroughput?.ReadCapacityUnits ?? 0
  if (provisioned > 0) return provisioned
  const known = [
    of.OnDemandThroughput?.MaxReadRequestUnits,
    of.WarmThroughput?.ReadUnitsPerSecond,
  ].filter((units) => units !== undefined && units > 0) as number[]
  return known.length === 0 ? undefined : Math.min(...known)
}

function leftOut(projection: string | undefined): string | undefined {
  if (projection === 'KEYS_ONLY') return 'everything but keys'
  return projection === 'INCLUDE' ? 'attributes that it does not include' : undefined
}
