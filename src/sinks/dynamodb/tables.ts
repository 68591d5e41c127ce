import type { TableDescription } from '@aws-sdk/client-dynamodb'
import { setTimeout as delay } from 'node:timers/promises'
import { HeadraceError } from '../../core/errors.js'
import { PATIENT, sendRetried, type RetryBudget } from '../../stores/dynamodb/send-retried.js'
import type { DynamodbTransport } from '../../stores/dynamodb/transport.js'
import { createTableBody, type TableDefinition, type TableKeys } from './table-definition.js'

/** As DescribeTable answers in JSON; dates are epoch seconds there, and not used here. */
export type Description = Readonly<TableDescription>

const POLL_MS = 50
const POLL_MAX_MS = 2_000
/** Tables are there within a minute or so; long before this, something is wrong. */
const CREATION_MAX_MS = 10 * 60_000

/** The table as it is, or `undefined` when there is none. */
export async function describeTable(
  transport: DynamodbTransport,
  table: string,
  signal: AbortSignal,
  budget: RetryBudget = PATIENT,
): Promise<Description | undefined> {
  const body = JSON.stringify({ TableName: table })
  try {
    const answer = await sendRetried(transport, 'DescribeTable', body, signal, budget)
    return (answer as { readonly Table: Description }).Table
  } catch (error) {
    if (HeadraceError.is(error) && error.code === 'TARGET_NOT_FOUND') return undefined
    throw error
  }
}

/** Asks for the table to be made; one that another process has just asked for will do. */
export async function createTable(
  transport: DynamodbTransport,
  table: string,
  keys: TableKeys,
  make: TableDefinition,
  signal: AbortSignal,
): Promise<void> {
  try {
    await sendRetried(transport, 'CreateTable', createTableBody(table, keys, make), signal)
  } catch (error) {
    if (causeName(error) !== 'ResourceInUseException') throw error
  }
}

/**
 * Waits until the table and its indexes take writes.
 * @throws HeadraceError `TARGET_STALLED` after ten minutes, `TARGET_REFUSED` when it goes away
 */
export async function waitUntilActive(
  transport: DynamodbTransport,
  table: string,
  signal: AbortSignal,
): Promise<Description> {
  const givenUpAt = performance.now() + CREATION_MAX_MS
  for (let pollMs = POLL_MS; ; pollMs = Math.min(POLL_MAX_MS, pollMs * 2)) {
    // A table may stay unknown for a moment after CreateTable.
    const description = await describeTable(transport, table, signal)
    if (description !== undefined) requireUsable(description, table)
    if (description?.TableStatus !== 'CREATING' && description !== undefined) {
      const indexes = description.GlobalSecondaryIndexes ?? []
      if (indexes.every(({ IndexStatus }) => IndexStatus !== 'CREATING')) return description
    }
    if (performance.now() > givenUpAt) {
      throw new HeadraceError(
        'TARGET_STALLED',
        `Table ${table} is still not active, ten minutes after it was asked for`,
        { hint: 'Look at it in the AWS console, and run again when it is active.' },
      )
    }
    await delay(pollMs, undefined, { signal })
  }
}

const UNUSABLE: Readonly<Record<string, string>> = {
  DELETING: 'is being deleted',
  ARCHIVING: 'is being archived',
  ARCHIVED: 'is archived',
  INACCESSIBLE_ENCRYPTION_CREDENTIALS: 'cannot be decrypted: its KMS key is out of reach',
}

/** @throws HeadraceError `TARGET_REFUSED` when the table will not take writes */
export function requireUsable({ TableStatus }: Description, table: string): void {
  const state = TableStatus === undefined ? undefined : UNUSABLE[TableStatus]
  if (state !== undefined) {
    throw new HeadraceError('TARGET_REFUSED', `Table ${table} ${state} (${TableStatus})`)
  }
}

/** @returns why not, where the server has no time to live; `undefined` when it is on */
export async function enableTtl(
  transport: DynamodbTransport,
  table: string,
  attribute: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const body = JSON.stringify({
    TableName: table,
    TimeToLiveSpecification: { AttributeName: attribute, Enabled: true },
  })
  try {
    await sendRetried(transport, 'UpdateTimeToLive', body, signal)
    return undefined
  } catch (error) {
    if (causeName(error) !== 'UnknownOperationException') throw error
    return `This server has no time to live: items with a past \`${attribute}\` stay.`
  }
}

/** Whether DynamoDB deletes items by a time of theirs. */
export interface TimeToLive {
  /** `undefined` when it is off. */
  readonly attribute: string | undefined
}

/** `undefined` when it cannot be asked for: it needs a permission that nothing else here does. */
export async function describeTtl(
  transport: DynamodbTransport,
  table: string,
  signal: AbortSignal,
): Promise<TimeToLive | undefined> {
  const body = JSON.stringify({ TableName: table })
  try {
    const answer = (await sendRetried(transport, 'DescribeTimeToLive', body, signal)) as {
      readonly TimeToLiveDescription?: { readonly AttributeName?: string }
    }
    return { attribute: answer.TimeToLiveDescription?.AttributeName }
  } catch (error) {
    signal.throwIfAborted()
    if (HeadraceError.is(error)) return undefined
    throw error
  }
}

function causeName(error: unknown): unknown {
  return ((error as Error).cause as { readonly name?: unknown } | undefined)?.name
}
