import { once } from 'node:events'
import type {
  CapacityLimits,
  CapacityOptions,
} from '../../../test/support/faulty-dynamodb/capacity-model.js'
import { forkFile } from '../../node-arguments.js'

/** Totals at a moment. */
export interface Counts {
  /** Epoch ms. */
  readonly at: number
  /** Items that were written, and that were turned away. */
  readonly applied: number
  readonly throttled: number
  readonly units: number
}

export type ToParent = { readonly endpoint: string } | { readonly counts: Counts }
export interface ToServer {
  readonly setLimits: CapacityLimits
}

export interface CapacityServer {
  readonly endpoint: string
  /** Ten times a second. */
  readonly samples: readonly Counts[]
  setLimits(limits: CapacityLimits): void
  close(): Promise<void>
}

/** Starts a DynamoDB with these limits in a process of its own. */
export async function startCapacityServer(options: CapacityOptions): Promise<CapacityServer> {
  const file = new URL('./capacity-process.js', import.meta.url)
  const child = forkFile(file, [JSON.stringify(options)])
  const samples: Counts[] = []
  const endpoint = await new Promise<string>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`The server ended with code ${code}`)))
    child.on('message', (message: ToParent) => {
      if ('endpoint' in message) resolve(message.endpoint)
      else samples.push(message.counts)
    })
  })
  return {
    endpoint,
    samples,
    setLimits: (limits) => child.send({ setLimits: limits } satisfies ToServer),
    async close() {
      const exited = once(child, 'exit')
      child.disconnect()
      await exited
    },
  }
}
