import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import {
  checksum,
  definePipeline,
  map,
  toDynamodb,
  type Pipeline,
  type RunOptions,
} from '../../src/index.js'
import { fromArray, type ArraySourceOptions } from '../support/array-source.js'
import { mustCallDynamodb } from '../support/call-dynamodb.js'
import { startFaultyDynamodb } from '../support/faulty-dynamodb/start-faulty-dynamodb.js'
import { temporaryFolder } from '../support/temporary-folder.js'

export interface Row {
  readonly id: string
  readonly n: number
}

export interface PipelineChoice extends ArraySourceOptions {
  readonly verify?: Parameters<typeof checksum>[0]
  readonly duplicates?: 'last' | 'first'
  readonly uniqueKeys?: boolean
  readonly stamp?: string
}

export const TABLE = 'app'

/** A table in memory of this test's own, and pipelines from rows to it. */
export async function verifyPlace(t: TestContext) {
  process.env['AWS_ACCESS_KEY_ID'] = 'test'
  process.env['AWS_SECRET_ACCESS_KEY'] = 'test'
  const server = await startFaultyDynamodb()
  t.after(() => server.close())
  const { memory, endpoint } = server
  if (memory === undefined) throw new Error('The table is not in memory')
  const stateDir = join(temporaryFolder(), 'state')
  const options = { stateDir } satisfies RunOptions
  const sink = { table: TABLE, partitionKey: 'pk' as const, create: {}, region: 'local', endpoint }
  const pipelineOf = (rows: readonly Row[], choice: PipelineChoice = {}): Pipeline => {
    const { verify, duplicates = 'last', uniqueKeys = false, stamp, ...source } = choice
    const stamped = stamp === undefined ? {} : { stamp }
    return definePipeline({
      name: 'users',
      flow: fromArray(rows, source)
        .pipe(map(({ id, n }) => ({ pk: id, n, version: 1 })))
        .to(toDynamodb({ ...sink, ...stamped, ...(uniqueKeys ? { uniqueKeys } : { duplicates }) })),
      verify: checksum(verify),
    })
  }
  const put = (id: string, n: number, more: object = { version: { N: '1' } }) =>
    mustCallDynamodb(endpoint, 'PutItem', {
      TableName: TABLE,
      Item: { pk: { S: id }, n: { N: String(n) }, ...more },
    })
  const remove = (id: string) =>
    mustCallDynamodb(endpoint, 'DeleteItem', { TableName: TABLE, Key: { pk: { S: id } } })
  /** Called before each request other than writes is answered. */
  const beforeCall = (hook: (operation: string) => Promise<void> | void) => {
    const call = memory.call.bind(memory)
    memory.call = async (operation, input) => {
      await hook(operation)
      return call(operation, input)
    }
  }
  const items = () => [...memory.items(TABLE)]
  return { server, endpoint, stateDir, options, pipelineOf, put, remove, beforeCall, items }
}

export function rowsOf(count: number): Row[] {
  return Array.from({ length: count }, (_, n) => ({ id: `USER#${n}`, n }))
}

/** The key of a row, as differences name it. */
export function keyOf(id: string): string {
  return JSON.stringify({ pk: { S: id } })
}

export interface ListedDifference {
  readonly kind: string
  readonly key: string
}

export function listed(path: string): ListedDifference[] {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  return lines.map((line) => JSON.parse(line) as ListedDifference)
}
