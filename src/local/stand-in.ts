import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { HeadraceError } from '../core/errors.js'
import { LOOPBACK } from './engine.js'
import type { StandInReceipts } from './stand-in-process.js'

/** A server that answers as DynamoDB would and stores nothing, for measuring what feeds it. */
export interface StandIn {
  readonly endpoint: string
  /** What it has received since this was last called. */
  takeReceipts(): Promise<StandInReceipts>
  close(): Promise<void>
}

/**
 * Starts the stand-in in a process of its own, which ends when this one does.
 * @param tableBody its one table, as the body of a CreateTable request
 * @throws HeadraceError `LOCAL` when it does not start
 */
export async function startStandIn(tableBody: string): Promise<StandIn> {
  const child = spawn(process.execPath, [...processArguments(), tableBody], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const closed = new Promise<void>((resolve) => {
    child.once('close', () => resolve())
    child.once('error', () => resolve())
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const port = await lines.next()
  if (port.done === true) {
    await closed
    throw new HeadraceError('LOCAL', 'The stand-in for DynamoDB did not start')
  }
  const endpoint = `http://${LOOPBACK}:${port.value}`
  return {
    endpoint,
    takeReceipts: async () => {
      const headers = { 'x-amz-target': 'StandIn.TakeReceipts', connection: 'close' }
      const response = await fetch(endpoint, { method: 'POST', headers, body: '{}' })
      return (await response.json()) as StandInReceipts
    },
    close: async () => {
      child.stdin.end()
      await closed
    },
  }
}

/** What to give Node to run the process: from TypeScript it needs a loader. */
function processArguments(): string[] {
  const file = import.meta.resolve('./stand-in-process.js')
  if (!import.meta.url.endsWith('.ts')) return [fileURLToPath(file)]
  return ['--import', import.meta.resolve('tsx'), fileURLToPath(file).replace(/\.js$/, '.ts')]
}
