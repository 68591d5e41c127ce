import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startPostgres } from '../test/support/postgres-server.js'
import type { BenchCase } from './cases.js'
import { passesOf, type Measurement, type WorkerSetting } from './measurement.js'
import { nodeArguments } from './node-arguments.js'
import { writeRowFile } from './rows/row-files.js'
import { makeUsersTable } from './rows/users-table.js'
import { startStandIn } from './stand-in/start-stand-in.js'

export interface Effort {
  readonly repetitions: number
  /** Of the rows that a case is made for. */
  readonly share: number
}

/** All repetitions of one peer. */
export interface Measured {
  readonly case: string
  readonly peer: string
  readonly repetitions: readonly Measurement[]
}

const OUTPUT_BYTES_MAX = 1024 * 1024

/** Measures cases one after the other, over files and servers that it makes when first needed. */
export class Measuring {
  readonly #folder: string
  readonly #effort: Effort
  #postgres: ReturnType<typeof startPostgres> | undefined
  #postgresRows = 0

  constructor(folder: string, effort: Effort) {
    this.#folder = folder
    this.#effort = effort
  }

  /** The peers of a case, repetition by repetition in turn. */
  async measure(bench: BenchCase, tell: (peer: string) => void): Promise<Measured[]> {
    const rows = Math.max(100, Math.round(bench.rows * this.#effort.share))
    const postgres = bench.postgres === true ? await this.#database(rows) : ''
    this.#writeFiles(bench, rows)
    const standIn = await startStandIn(this.#folder, bench.standIn ?? { latencyMs: 0, tls: false })
    const { endpoint, authority } = standIn
    const { size = 'small', concurrency = 1 } = bench
    const setting = { endpoint, size, concurrency, postgres, rows, folder: this.#folder }
    const measured = bench.peers.map(() => [] as Measurement[])
    try {
      for (let repetition = 0; repetition < this.#effort.repetitions; repetition += 1) {
        for (const [index, peer] of bench.peers.entries()) {
          tell(peer.name)
          const own = {
            ...setting,
            concurrency: peer.concurrency ?? concurrency,
            rows: Math.round(rows * (peer.share ?? 1)),
          }
          measured[index]?.push(await inProcess(bench.name, peer.name, own, authority))
        }
      }
    } finally {
      await standIn.stop()
    }
    return bench.peers.map(({ name }, index) => {
      return { case: bench.name, peer: name, repetitions: measured[index] ?? [] }
    })
  }

  async close(): Promise<void> {
    await (await this.#postgres)?.stop()
  }

  async #database(rows: number): Promise<string> {
    this.#postgres ??= startPostgres()
    const { url } = await this.#postgres
    if (rows > this.#postgresRows) await makeUsersTable(url, rows)
    this.#postgresRows = Math.max(rows, this.#postgresRows)
    return url
  }

  #writeFiles({ files }: BenchCase, rows: number): void {
    if (files === undefined) return
    const { warming, starting } = passesOf(rows)
    for (const some of [starting, warming, rows]) writeRowFile(this.#folder, files, some)
  }
}

async function inProcess(
  bench: string,
  peer: string,
  setting: WorkerSetting,
  authority: string | undefined,
): Promise<Measurement> {
  const worker = fileURLToPath(import.meta.resolve('./worker.js'))
  const env = {
    ...process.env,
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    ...(authority === undefined ? {} : { NODE_EXTRA_CA_CERTS: authority }),
  }
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...nodeArguments(worker), bench, peer, JSON.stringify(setting)],
    { env, maxBuffer: OUTPUT_BYTES_MAX },
  )
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Measurement
}
