import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { checksum, definePipeline, type Pipeline } from '../../src/core/pipeline.js'
import type { Route } from '../../src/core/route.js'
import type { Sink } from '../../src/core/sink.js'
import { run } from '../../src/run/run.js'
import { verify } from '../../src/run/verify.js'
import type { DynamodbOptions } from '../../src/sinks/dynamodb/options.js'
import { toDynamodb } from '../../src/sinks/dynamodb/to-dynamodb.js'
import { fromCsv } from '../../src/sources/from-csv.js'
import { fromDynamodb } from '../../src/sources/from-dynamodb.js'
import { fromJson } from '../../src/sources/from-json.js'
import { fromPostgres } from '../../src/sources/from-postgres.js'
import { map } from '../../src/stages/map.js'
import { normalize } from '../../src/stages/normalize.js'
import { email } from '../../src/stages/normalizers/email.js'
import { text } from '../../src/stages/normalizers/text.js'
import { rename } from '../../src/stages/rename.js'
import {
  generatedItem,
  toSmallItem,
  type LargeItem,
  type SmallItem,
  type UserRow,
} from '../rows/generated-rows.js'
import { fromGenerated } from '../rows/generated-source.js'
import { toNothing } from '../rows/null-sink.js'
import { rowFile } from '../rows/row-files.js'
import { resetStandIn } from '../stand-in/ask-stand-in.js'
import { ACCESS, nothingToClose, type Peer, type Setting } from './peer.js'

type Transport = NonNullable<DynamodbOptions<object>['transport']>

/** A pass is a whole run of a pipeline, with all that a run guarantees. */
function running(flowOf: (setting: Setting, rows: number) => Route, verified = false): Peer {
  return (setting) =>
    Promise.resolve({
      ...(verified ? { prepare: () => resetStandIn(setting.endpoint, 'items') } : {}),
      pass: async (rows) => {
        const pipeline = pipelineOf(flowOf(setting, rows), verified)
        const stored = await inStateFolder(setting, (stateDir) => stores(pipeline, stateDir))
        return stored
      },
      close: nothingToClose,
    })
}

function pipelineOf(flow: Route, verified: boolean): Pipeline {
  return definePipeline({ name: 'bench', flow, ...(verified ? { verify: checksum() } : {}) })
}

async function stores(pipeline: Pipeline, stateDir: string): Promise<number> {
  const summary = await run(pipeline, { stateDir })
  const { status, error, verification } = summary
  if (status !== 'succeeded') throw new Error(error?.message ?? status)
  if (pipeline.verify !== undefined && verification.status !== 'match') {
    throw new Error(`Verification: ${verification.status}`)
  }
  return summary.rows.stored
}

async function inStateFolder<T>(
  { folder }: Setting,
  work: (stateDir: string) => Promise<T>,
): Promise<T> {
  const stateDir = await mkdtemp(join(folder, 'state-'))
  try {
    return await work(stateDir)
  } finally {
    await rm(stateDir, { recursive: true, force: true })
  }
}

export function dynamodbSink(
  { endpoint, concurrency }: Setting,
  transport: Transport = 'auto',
): Sink<SmallItem> {
  return toDynamodb<SmallItem>({
    table: 'app',
    partitionKey: 'pk',
    sortKey: 'sk',
    region: ACCESS.region,
    endpoint,
    concurrency,
    transport,
  })
}

const generated = ({ size }: Setting, rows: number) =>
  fromGenerated<SmallItem | LargeItem>(rows, (id) => generatedItem(size, id))

export const runGenerated = (transport: Transport): Peer =>
  running((setting, rows) => generated(setting, rows).to(dynamodbSink(setting, transport)))

export const runGeneratedVerified = running(
  (setting, rows) => generated(setting, rows).to(dynamodbSink(setting)),
  true,
)

export const runToNothing = running((setting, rows) => generated(setting, rows).to(toNothing()))

const csvRows = ({ folder }: Setting, rows: number) =>
  fromCsv<{ [K in keyof UserRow]: string }>({ path: rowFile(folder, 'csv', rows) })

export const runCsv = running((setting, rows) =>
  csvRows(setting, rows)
    .pipe(
      map((row) =>
        toSmallItem({
          ...row,
          active: row.active === 'true',
          score: Number(row.score),
          visits: Number(row.visits),
        }),
      ),
    )
    .to(dynamodbSink(setting)),
)

export const readCsv = running((setting, rows) => csvRows(setting, rows).to(toNothing()))

const jsonRows = ({ folder }: Setting, rows: number) =>
  fromJson<UserRow>({ path: rowFile(folder, 'jsonl', rows) })

export const runJson = running((setting, rows) =>
  jsonRows(setting, rows).pipe(map(toSmallItem)).to(dynamodbSink(setting)),
)

export const readJson = running((setting, rows) => jsonRows(setting, rows).to(toNothing()))

type PostgresUser = Omit<UserRow, 'id'> & { readonly id: bigint }

const postgresRows = ({ postgres }: Setting, rows: number) =>
  fromPostgres<PostgresUser>({ connection: postgres, table: 'users', where: `id < ${rows}` })

export const runPostgresMapped = running((setting, rows) =>
  postgresRows(setting, rows)
    .pipe(map((row) => toSmallItem(row)))
    .to(dynamodbSink(setting)),
)

/** Columns under other names, two of them normalized; no function looks at the row. */
export const runPostgresDeclared = running((setting, rows) =>
  postgresRows(setting, rows)
    .pipe(normalize({ email: email(), full_name: text() }))
    .pipe(rename({ full_name: 'name', created_at: 'createdAt' }))
    .to(
      toDynamodb({
        table: 'declared',
        partitionKey: { name: 'id', type: 'N' },
        region: ACCESS.region,
        endpoint: setting.endpoint,
        concurrency: setting.concurrency,
      }),
    ),
)

export const readPostgres = running((setting, rows) => postgresRows(setting, rows).to(toNothing()))

export const readDynamodb = running(({ endpoint }) =>
  fromDynamodb({ table: 'app', region: ACCESS.region, endpoint }).to(toNothing()),
)

/** A pass verifies what was stored before. */
export const verifyGenerated: Peer = (setting) => {
  const pipelineFor = (rows: number): Pipeline =>
    pipelineOf(generated(setting, rows).to(dynamodbSink(setting)), true)
  return Promise.resolve({
    prepare: async (rows) => {
      await resetStandIn(setting.endpoint, 'items')
      const { verify: _, ...unverified } = pipelineFor(rows)
      await inStateFolder(setting, (stateDir) => stores(definePipeline(unverified), stateDir))
    },
    pass: (rows) =>
      inStateFolder(setting, async (stateDir) => {
        const { status, sourceItems, targetItems } = await verify(pipelineFor(rows), { stateDir })
        if (status !== 'match') throw new Error(`Verification: ${status}`)
        return Math.min(sourceItems, targetItems)
      }),
    close: nothingToClose,
  })
}
