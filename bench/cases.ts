import type { Peer } from './peers/peer.js'
import type { ItemSize } from './rows/generated-rows.js'
import type { RowFormat } from './rows/row-files.js'

export interface PeerCase {
  readonly name: string
  readonly load: () => Promise<Peer>
  /** Instead of that of the case. */
  readonly concurrency?: number
  /** Share of the rows that is enough for a peer that takes its time. @default 1 */
  readonly share?: number
}

export interface BenchCase {
  readonly name: string
  /** What is measured, in a few words. */
  readonly title: string
  readonly size?: ItemSize
  /** Rows of a measured pass; a tenth of that warms up. */
  readonly rows: number
  readonly concurrency?: number
  /** What a pass writes to the stand-in, which is checked there; nothing by default. */
  readonly writes?: 'generated' | 'declared or generated'
  readonly standIn?: { readonly latencyMs: number; readonly tls: boolean }
  readonly files?: RowFormat
  readonly postgres?: boolean
  readonly peers: readonly PeerCase[]
}

const documentClient = (): Promise<Peer> =>
  import('./peers/document-client.js').then((module) => module.documentClient)
const headrace = async (name: keyof Headrace): Promise<Peer> =>
  (await import('./peers/headrace.js'))[name]
const generated = async (transport: 'auto' | 'sdk' | 'direct'): Promise<Peer> =>
  (await import('./peers/headrace.js')).runGenerated(transport)
const writerAlone = async (digested: boolean): Promise<Peer> =>
  (await import('./peers/headrace-parts.js')).writerAlone(digested)
const encodeOnly = async (digested: boolean): Promise<Peer> =>
  (await import('./peers/pure-loops.js')).encodeOnly(digested)

type Headrace = Omit<typeof import('./peers/headrace.js'), 'dynamodbSink' | 'runGenerated'>

const bareUndici: PeerCase = {
  name: 'bare undici, unsigned',
  load: () => import('./peers/bare-undici.js').then((module) => module.bareUndici),
}

/** What a run does, and the same with less and less of it. */
const guarantees: readonly PeerCase[] = [
  { name: 'headrace', load: () => generated('auto') },
  { name: 'headrace, SDK lane', load: () => generated('sdk') },
  { name: 'headrace, verified', load: () => headrace('runGeneratedVerified') },
  { name: 'headrace without checkpoints', load: () => writerAlone(true) },
  { name: '… and without digest', load: () => writerAlone(false) },
  {
    name: '… nor key lanes, retries, pace',
    load: () => import('./peers/headrace-parts.js').then((module) => module.laneAlone),
  },
]

export const CASES: readonly BenchCase[] = [
  {
    name: 'stand-in',
    title: 'what the stand-in itself can take',
    rows: 500_000,
    concurrency: 16,
    writes: 'generated',
    peers: [
      {
        name: 'raw sockets',
        load: () => import('./peers/raw-sockets.js').then((module) => module.rawSockets),
      },
    ],
  },
  {
    name: 'generated-null',
    title: 'generated rows → nothing',
    rows: 1_000_000,
    peers: [{ name: 'headrace', load: () => headrace('runToNothing') }],
  },
  {
    name: 'writer-small',
    title: 'generated small items → stand-in',
    size: 'small',
    rows: 150_000,
    concurrency: 16,
    writes: 'generated',
    peers: [
      ...guarantees,
      { name: 'document client', share: 0.5, load: documentClient },
      {
        name: 'dynamodb-toolbox',
        share: 0.1,
        load: () => import('./peers/dynamodb-toolbox.js').then((module) => module.dynamodbToolbox),
      },
      {
        name: 'electrodb',
        share: 0.1,
        load: () => import('./peers/electrodb.js').then((module) => module.electrodb),
      },
      {
        name: 'dynamoose',
        share: 0.1,
        load: () => import('./peers/dynamoose.js').then((module) => module.dynamooseBatchPut),
      },
      bareUndici,
    ],
  },
  {
    name: 'writer-large',
    title: 'generated 1 KB items → stand-in',
    size: 'large',
    rows: 60_000,
    concurrency: 8,
    writes: 'generated',
    peers: [
      ...guarantees,
      { name: 'document client', share: 0.5, load: documentClient },
      bareUndici,
    ],
  },
  {
    name: 'csv',
    title: 'CSV → stand-in',
    rows: 200_000,
    concurrency: 16,
    files: 'csv',
    writes: 'generated',
    peers: [{ name: 'headrace', load: () => headrace('runCsv') }],
  },
  {
    name: 'csv-read',
    title: 'CSV → nothing',
    rows: 200_000,
    files: 'csv',
    peers: [{ name: 'headrace', load: () => headrace('readCsv') }],
  },
  {
    name: 'json',
    title: 'JSON lines → stand-in',
    rows: 200_000,
    concurrency: 16,
    files: 'jsonl',
    writes: 'generated',
    peers: [{ name: 'headrace', load: () => headrace('runJson') }],
  },
  {
    name: 'json-read',
    title: 'JSON lines → nothing',
    rows: 200_000,
    files: 'jsonl',
    peers: [{ name: 'headrace', load: () => headrace('readJson') }],
  },
  {
    name: 'postgres',
    title: 'Postgres → stand-in',
    rows: 200_000,
    concurrency: 16,
    postgres: true,
    writes: 'declared or generated',
    peers: [
      { name: 'headrace, declared', load: () => headrace('runPostgresDeclared') },
      { name: 'headrace, mapped', load: () => headrace('runPostgresMapped') },
      {
        name: 'hand-written script',
        share: 0.5,
        load: () => import('./peers/hand-written.js').then((module) => module.handWritten),
      },
    ],
  },
  {
    name: 'postgres-read',
    title: 'Postgres → nothing',
    rows: 200_000,
    postgres: true,
    peers: [
      { name: 'headrace', load: () => headrace('readPostgres') },
      {
        name: 'pg-query-stream',
        load: () => import('./peers/hand-written.js').then((module) => module.queryStream),
      },
    ],
  },
  {
    name: 'scan',
    title: 'scan ← stand-in',
    rows: 100_000,
    peers: [
      {
        name: 'headrace',
        load: async () =>
          (await import('./peers/document-scan.js')).overFilledTable(
            await headrace('readDynamodb'),
          ),
      },
      {
        name: 'document client',
        load: async () => {
          const { documentScan, overFilledTable } = await import('./peers/document-scan.js')
          return overFilledTable(documentScan)
        },
      },
    ],
  },
  {
    name: 'verify',
    title: 'verify generated items against the stand-in',
    rows: 100_000,
    concurrency: 16,
    peers: [{ name: 'headrace', load: () => headrace('verifyGenerated') }],
  },
  {
    name: 'latency',
    title: 'generated small items → stand-in over TLS, 5 ms a request',
    rows: 100_000,
    writes: 'generated',
    standIn: { latencyMs: 5, tls: true },
    peers: [
      { name: 'headrace, 128 in flight', load: () => generated('auto'), concurrency: 128 },
      ...[16, 32, 64, 128].map((concurrency) => ({
        name: `document client, ${concurrency} in flight`,
        load: documentClient,
        share: 0.5,
        concurrency,
      })),
    ],
  },
  {
    name: 'streams',
    title: 'three functions of a row: in a loop, and as three Transforms over batches of 500',
    rows: 3_000_000,
    peers: [
      {
        name: 'plain loop',
        load: () => import('./peers/pure-loops.js').then((module) => module.plainLoop),
      },
      {
        name: 'three hops',
        load: () => import('./peers/pure-loops.js').then((module) => module.threeHops),
      },
    ],
  },
  {
    name: 'digest',
    title: 'small items: encoded, and digested as well',
    rows: 300_000,
    peers: [
      { name: 'encoded', load: () => encodeOnly(false) },
      { name: 'encoded and digested', load: () => encodeOnly(true) },
    ],
  },
]
