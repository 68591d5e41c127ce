import type { TestContext } from 'node:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { definePipeline, map, toDynamodb, type Pipeline } from '../../src/index.js'
import { canonicalItem } from '../../src/formats/dynamodb/attribute-value.js'
import type { DynamodbOptions } from '../../src/sinks/dynamodb/options.js'
import { fromArray, type ArraySourceOptions } from './array-source.js'
import { createTable, mustCallDynamodb } from './call-dynamodb.js'
import { startDynamodb } from './dynamodb.js'
import { temporaryFolder } from './temporary-folder.js'

export type WireItem = Readonly<Record<string, object>>

export interface UndoRow {
  readonly pk: string
  readonly n: number
  readonly more?: unknown
}

/** A server with an empty table, and a state folder. */
export interface UndoPlace {
  readonly endpoint: string
  readonly stateDir: string
  put(item: WireItem): Promise<void>
  remove(pk: string): Promise<void>
  /** All items, by key, as canonical text. */
  items(): Promise<Map<string, string>>
  pipeline(rows: readonly UndoRow[], options?: PlaceOptions): Pipeline
  undoFolder(runId: string): string
  record(runId: string): { readonly rolledBack?: { readonly status: string } }
}

export interface PlaceOptions extends ArraySourceOptions {
  readonly sink?: Partial<DynamodbOptions<UndoRow>>
  /** What the pipeline makes of a row. @default the row */
  readonly mend?: (row: UndoRow) => UndoRow
  /** Rows that may be rejected. @default 0 */
  readonly rejects?: number
}

export const TABLE = 'undone'

process.env['AWS_ACCESS_KEY_ID'] = 'test'
process.env['AWS_SECRET_ACCESS_KEY'] = 'test'

export async function undoPlace(
  t: TestContext,
  options: {
    /** Of a server that there is already. */
    readonly endpoint?: string
    /** Of another way to it, which pipelines take. */
    readonly by?: string
    /** Whether there is a table. @default true */
    readonly table?: boolean
  } = {},
): Promise<UndoPlace> {
  const endpoint = options.endpoint ?? (await startDynamodb(t, 'dynoxide')).endpoint
  if (options.table !== false) await createTable(endpoint, TABLE)
  const stateDir = join(temporaryFolder(), 'state')
  const runFolder = (runId: string) => join(stateDir, 'runs', runId)
  return {
    endpoint,
    stateDir,
    put: async (Item) => {
      await mustCallDynamodb(endpoint, 'PutItem', { TableName: TABLE, Item })
    },
    remove: async (pk) => {
      await mustCallDynamodb(endpoint, 'DeleteItem', { TableName: TABLE, Key: { pk: { S: pk } } })
    },
    items: () => itemsOf(endpoint),
    pipeline: (rows, { sink, mend, rejects, ...array } = {}) =>
      definePipeline({
        name: 'undo',
        flow: fromArray(rows, { batchRows: 10, ...array })
          .pipe(map((row: UndoRow): UndoRow => mend?.(row) ?? row))
          .to(
            toDynamodb<UndoRow>({
              table: TABLE,
              partitionKey: 'pk',
              region: 'local',
              endpoint: options.by ?? endpoint,
              ambiguousGraceMs: 0,
              ...sink,
            }),
          ),
        ...(rejects === undefined ? {} : { limits: { rejects } }),
      }),
    undoFolder: (runId) => join(runFolder(runId), 'undo'),
    record: (runId) =>
      JSON.parse(readFileSync(join(runFolder(runId), 'run.json'), 'utf8')) as {
        readonly rolledBack?: { readonly status: string }
      },
  }
}

async function itemsOf(endpoint: string): Promise<Map<string, string>> {
  const items = new Map<string, string>()
  let ExclusiveStartKey: unknown
  do {
    const page = (await mustCallDynamodb(endpoint, 'Scan', {
      TableName: TABLE,
      ...(ExclusiveStartKey === undefined ? {} : { ExclusiveStartKey }),
    })) as { Items: Record<string, { S: string }>[]; LastEvaluatedKey?: unknown }
    for (const item of page.Items) {
      items.set(item['pk']?.S ?? '', canonicalItem(item, ['pk']).text)
    }
    ExclusiveStartKey = page.LastEvaluatedKey
  } while (ExclusiveStartKey !== undefined)
  return items
}
