import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { marshall } from '@aws-sdk/util-dynamodb'
import { startPostgres } from '../test/support/postgres-server.js'
import type { BenchCase, StudyOptions, StudyTable } from './cases/bench-case.js'
import { passesOf, type Measurement, type WorkerSetting } from './measurement.js'
import { nodeArguments } from './node-arguments.js'
import { generatedItem, type ItemSize } from './rows/generated-rows.js'
import { writeRowFile } from './rows/row-files.js'
import { makeUsersTable } from './rows/users-table.js'
import { digestText, itemDigest, type StoredAttributes } from './stand-in/received.js'
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
const ROWS_MIN = 100
/** A worker that hangs fails its case, and leaves the others to be measured. */
const WORKER_TIMEOUT_MS = 10 * 60_000
const STUDY_TIMEOUT_MS = 60 * 60_000

/** Measures cases one after the other, over files and servers that it makes when first needed. */
export class Measuring {
  readonly #folder: string
  readonly #effort: Effort
  #postgres: ReturnType<typeof startPostgres> | undefined
  #postgresRows = 0
  readonly #digests = new ExpectedDigests()

  constructor(folder: string, effort: Effort) {
    this.#folder = folder
    this.#effort = effort
  }

  /** The peers of a case, repetition by repetition in turn. */
  async measure(bench: BenchCase, tell: (peer: string) => void): Promise<Measured[]> {
    const rowsOf = ({ share = 1 }: { readonly share?: number }) =>
      Math.max(ROWS_MIN, Math.round(bench.rows * this.#effort.share * share))
    const eachRows = new Set(bench.peers.map(rowsOf))
    const postgres = bench.postgres === true ? await this.#database(Math.max(...eachRows)) : ''
    for (const rows of eachRows) this.#writeFiles(bench, rows)
    const standIn = await startStandIn(this.#folder, bench.standIn ?? { latencyMs: 0, tls: false })
    const { endpoint, authority } = standIn
    const { size = 'small', concurrency = 1, writes } = bench
    const setting = { endpoint, size, postgres, folder: this.#folder }
    const measured = bench.peers.map(() => [] as Measurement[])
    try {
      for (let repetition = 0; repetition < this.#effort.repetitions; repetition += 1) {
        for (const [index, peer] of bench.peers.entries()) {
          tell(`${peer.name} (${repetition + 1} of ${this.#effort.repetitions})`)
          const rows = rowsOf(peer)
          const own = {
            ...setting,
            rows,
            concurrency: peer.concurrency ?? concurrency,
            expected:
              writes === 'generated' ? this.#digests.of(size, passesOf(rows).warming) : undefined,
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

/** What the stand-in must have received; worked out here, to leave the workers their memory. */
class ExpectedDigests {
  readonly #known = new Map<string, string>()

  of(size: ItemSize, rows: number): string {
    const name = `${size} ${rows}`
    const digest = this.#known.get(name) ?? digestOf(size, rows)
    this.#known.set(name, digest)
    return digest
  }
}

function digestOf(size: ItemSize, rows: number): string {
  let sum = 0n
  for (let id = 0; id < rows; id += 1) {
    sum += itemDigest(marshall(generatedItem(size, id)) as unknown as StoredAttributes)
  }
  return digestText(sum)
}

async function inProcess(
  bench: string,
  peer: string,
  setting: WorkerSetting,
  authority: string | undefined,
): Promise<Measurement> {
  const trust = authority === undefined ? {} : { NODE_EXTRA_CA_CERTS: authority }
  const worker = fileURLToPath(import.meta.resolve('./worker.js'))
  const words = [...nodeArguments(worker), bench, peer, text(setting)]
  const { stdout } = await started(words, trust, WORKER_TIMEOUT_MS)
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Measurement
}

/** A study tells how far it is on standard error. */
export async function studyInProcess(
  name: string,
  options: Omit<StudyOptions, 'tell'>,
): Promise<StudyTable> {
  const file = fileURLToPath(import.meta.resolve('./study-process.js'))
  const work = started([...nodeArguments(file), name, text(options)], {}, STUDY_TIMEOUT_MS)
  work.child.stderr?.pipe(process.stderr)
  return JSON.parse((await work).stdout) as StudyTable
}

const text = (value: object): string => JSON.stringify(value)

function started(words: readonly string[], environment: NodeJS.ProcessEnv, timeout: number) {
  const env = {
    ...process.env,
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    ...environment,
  }
  const options = { env, timeout, maxBuffer: OUTPUT_BYTES_MAX }
  return promisify(execFile)(process.execPath, words, options)
}
