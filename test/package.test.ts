import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { temporaryFolder } from './support/temporary-folder.js'

const compilerPackage = createRequire(import.meta.url).resolve('typescript/package.json')
const COMPILER = join(dirname(compilerPackage), 'bin', 'tsc')

/** What the compiler says; nothing when it is content. */
async function compile(...words: string[]): Promise<string> {
  try {
    return (await promisify(execFile)(process.execPath, [COMPILER, ...words])).stdout
  } catch (error) {
    return (error as { readonly stdout: string }).stdout
  }
}

/** A project of somebody else, with the package and what it depends on installed. */
class Consumer {
  readonly folder = temporaryFolder()

  async install(): Promise<void> {
    const own = join(this.folder, 'node_modules', 'headrace')
    mkdirSync(own, { recursive: true })
    cpSync('package.json', join(own, 'package.json'))
    const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      readonly dependencies: Readonly<Record<string, string>>
    }
    for (const name of [...Object.keys(dependencies), '@types/node']) this.#link(name)
    writeFileSync(join(this.folder, 'package.json'), '{"type":"module"}')
    const outDir = join(own, 'dist')
    // What does not compile here is for other checks to tell.
    await compile('-p', 'tsconfig.build.json', '--outDir', outDir)
  }

  #link(name: string): void {
    const path = join(this.folder, 'node_modules', name)
    mkdirSync(dirname(path), { recursive: true })
    symlinkSync(resolve('node_modules', name), path)
  }

  /** Checks a file as a strict project does that publishes declarations of its own. */
  check(name: string, text: string): Promise<string> {
    const project = join(this.folder, name)
    mkdirSync(project)
    writeFileSync(join(project, 'index.ts'), text)
    const compilerOptions = {
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: true,
      module: 'NodeNext',
      target: 'ES2023',
      types: ['node'],
      declaration: true,
      outDir: 'built',
    }
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
    return compile('-p', project)
  }
}

const PIPELINE = `
import { Transform } from 'node:stream'
import {
  checksum, decimal, definePipeline, email, env, filter, fromCsv, fromDynamodbExport, fromJson,
  fromPostgres, HeadraceError, instant, integer, key, map, mapAsync, normalize, omit, pick, plan,
  reject, rename, run, set, skip, text, through, toDynamodb, validate, verify,
  type ErrorCode, type Pipeline, type PostgresConfig, type RunSummary, type S3ClientLike,
  type StandardSchema,
} from 'headrace'

interface User { id: bigint; email: string; full_name: string | null; balance: string }
interface Item { pk: string; sk: string; email: string; name?: string }

const connection: PostgresConfig = { host: 'db', user: 'me', password: 'secret' }
export const flow = fromPostgres<User>({ connection, table: 'users', cursor: 'id' })
  .pipe(normalize({ email: email(), full_name: text().optional(), balance: decimal() }))
  .pipe(filter((user) => user.id > 0n))
  .pipe(map((user, { startedAt }) => {
    if (user.email === '') return skip('no address')
    if (startedAt === '') return reject('never')
    const item: Item = { pk: \`USER#\${user.id}\`, sk: 'PROFILE', email: user.email }
    return user.full_name == null ? item : { ...item, name: user.full_name }
  }))
export const users: Pipeline = definePipeline({
  name: 'users',
  flow: flow.to(toDynamodb({ table: 'app', partitionKey: 'pk', sortKey: 'sk' })),
  verify: checksum(),
})
export default [
  users,
  definePipeline({
    name: 'cities',
    after: ['users'],
    flow: fromCsv({ path: 'cities.csv', columns: ['name', 'country'] })
      .pipe(through(() => new Transform({ objectMode: true }), { rows: 'barrier' }))
      .pipe(map(() => ({ id: 1, what: 'city' })))
      .to(toDynamodb({ table: 'cities', partitionKey: { name: 'id', type: 'N' } })),
  }),
]
declare const schema: StandardSchema<{ a: string; b: string; c: number }>
export const chained = fromJson<{ a: string; b: string; c: string }>({ path: 'x.jsonl' })
  .pipe(normalize({ c: integer() }))
  .pipe(mapAsync(async (row) => ({ ...row, c: 1 })))
  .pipe(validate(schema))
  .pipe(rename({ a: 'd' }))
  .pipe(set({ e: key\`X#\${'d'}\` }))
  .pipe(omit('b'))
  .pipe(pick('c', 'd', 'e'))
export const fromCells = fromCsv({ path: 'x.csv', columns: ['n', 'at'], types: { n: 'number' } })
  .pipe(normalize({ at: instant() }))
declare const s3: S3ClientLike
export const exported = fromDynamodbExport({ s3: { bucket: 'b', prefix: 'p', client: s3 } })

export async function load(signal: AbortSignal): Promise<RunSummary['status'] | ErrorCode> {
  try {
    await plan(users)
    const summary = await run(users, { signal, onProgress: ({ phase }) => console.log(phase) })
    const { status, missing } = await verify(users)
    return status === 'match' && missing === 0 ? summary.status : 'VERIFICATION'
  } catch (error) {
    if (HeadraceError.is(error)) return error.code
    throw error
  }
}
`

const CONNECTORS = `
import {
  defineStage, rowBatch, source, type Consistency, type Described, type EncodedItem,
  type ItemViolation, type OpenContext, type RowBatch, type Settlement, type Sink, type SinkWriter,
  type Source, type SourceReader, type StoredItem, type Target, type TargetReport,
  type WriterContext, type WriterStats,
} from 'headrace'

export function fromNumbers(count: number): Source<{ n: number }> {
  const open = async (_context: OpenContext): Promise<SourceReader<{ n: number }>> => ({
    label: 'numbers',
    identity: { count },
    columns: ['n'],
    partitions: [{ id: 'all', rows: count }],
    consistency: 'snapshot' satisfies Consistency,
    notResumable: undefined,
    fractionRead: () => undefined,
    async *read({ id }, _from, firstRow) {
      const rows = Array.from({ length: count }, (_, n) => ({ n }))
      yield rowBatch(rows, {
        partition: id, firstRow, count, rows, cursor: count, locate: () => ({ of: 'numbers' }),
      })
    },
    close: async () => {},
  })
  return source({ type: 'numbers', options: { count } satisfies Record<string, Described>, open })
}

export function toNowhere(): Sink<object> {
  const stats: WriterStats = {
    writeUnits: 0, throttled: 0, retried: 0, inFlight: 0, limitUnitsPerSecond: Infinity,
    waitingFor: 'rows',
  }
  const writer = ({ settled }: WriterContext): SinkWriter => ({
    write: async ({ slice, rows, skipped, rejected }: RowBatch) => {
      const items = rows.map((_, row) => ({ row, key: '', status: 'stored' as const }))
      const sentDigest = new Uint32Array(8)
      settled({ slice, items, skipped, rejected, sentDigest } satisfies Settlement)
    },
    flush: async () => {},
    stats: () => stats,
    close: async () => {},
  })
  const report: TargetReport = {
    label: 'nowhere', exists: true, preparations: [], warnings: [], facts: [],
    writeUnitsPerSecond: undefined, usdPerMillionWriteUnits: undefined,
  }
  const encode = (item: unknown): EncodedItem | ItemViolation =>
    item === null ? { reason: 'nothing' } : { key: '', text: '{}', bytes: 2, writeUnits: 0 }
  const target: Target = {
    identity: {}, report, duplicates: 'last', uniqueKeys: true, encode,
    prepare: async () => {},
    openWriter: async (context) => writer(context),
    async *scan(): AsyncGenerator<StoredItem[]> {},
    get: async () => [],
    close: async () => {},
  }
  return {
    kind: 'sink', type: 'nowhere', options: {},
    connect: async () => target,
    writable: () => { throw new Error('by runs only') },
  }
}

export const route = fromNumbers(3).to(toNowhere())
export { defineStage }
`

const MISTAKES = `
import { definePipeline, fromCsv, map, normalize, text, toDynamodb } from 'headrace'
const cities = fromCsv({ path: 'x.csv', columns: ['name'] })
cities.pipe(normalize({ nme: text() }))
cities.pipe(map(({ name }) => ({ id: name }))).to(toDynamodb({ table: 't', partitionKey: 'pk' }))
definePipeline({ name: 'x', flow: cities })
`

describe('the package, as others use it', () => {
  const consumer = new Consumer()
  before(() => consumer.install())

  test('a project with pipelines compiles, and emits declarations', async () => {
    assert.equal(await consumer.check('pipelines', PIPELINE), '')
  })

  test('a project with sources and sinks of its own compiles', async () => {
    assert.equal(await consumer.check('connectors', CONNECTORS), '')
  })

  test('mistakes do not', async () => {
    const said = await consumer.check('mistakes', MISTAKES)
    const lines = [...said.matchAll(/index\.ts\((\d+),/g)].map(([, line]) => Number(line))
    assert.deepEqual([...new Set(lines)], [4, 5, 6])
  })
})
