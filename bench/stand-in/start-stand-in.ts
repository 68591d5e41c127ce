import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { nodeArguments } from '../node-arguments.js'
import { selfSignedCertificate } from './self-signed-certificate.js'

export interface StandIn {
  readonly endpoint: string
  /** PEM file of the authority to trust, where it speaks TLS. */
  readonly authority: string | undefined
  stop(): Promise<void>
}

export interface StandInOptions {
  readonly latencyMs: number
  readonly tls: boolean
}

/** Starts the stand-in for DynamoDB in a process of its own. */
export async function startStandIn(
  folder: string,
  { latencyMs, tls }: StandInOptions,
): Promise<StandIn> {
  const file = fileURLToPath(import.meta.resolve('./server.js'))
  const certificate = tls ? writeCertificate(folder) : undefined
  const child = spawn(
    process.execPath,
    [
      ...nodeArguments(file),
      `--latency=${latencyMs}`,
      ...(certificate === undefined ? [] : [`--certificate=${certificate.both}`]),
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
  const closed = new Promise((resolve) => child.once('close', resolve))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const { value, done } = await lines.next()
  if (done === true) throw new Error('The stand-in did not start')
  return {
    endpoint: value,
    authority: certificate?.cert,
    stop: async () => {
      child.stdin.end()
      await closed
    },
  }
}

function writeCertificate(folder: string): { readonly both: string; readonly cert: string } {
  const { cert, key } = selfSignedCertificate()
  const files = { both: join(folder, 'server.pem'), cert: join(folder, 'authority.pem') }
  writeFileSync(files.both, cert + key, { mode: 0o600 })
  writeFileSync(files.cert, cert)
  return files
}
