import type { Peer } from '../peers/peer.js'
import type { BenchCase, PeerCase } from './bench-case.js'
import { guarantees, run } from './headrace-peers.js'

const documentClient = (): Promise<Peer> =>
  import('../peers/document-client.js').then((module) => module.documentClient)

const bareUndici: PeerCase = {
  name: 'bare undici, unsigned',
  load: () => import('../peers/bare-undici.js').then((module) => module.bareUndici),
}

const rawSockets: PeerCase = {
  name: 'raw sockets',
  load: () => import('../peers/raw-sockets.js').then((module) => module.rawSockets),
}

const LATENCY = { latencyMs: 5, tls: true } as const

/** Of the document client: its best is what counts. */
const IN_FLIGHT = [16, 32, 64, 128]

/** Items that need no reading, into the stand-in. */
export const WRITER_CASES: readonly BenchCase[] = [
  {
    name: 'stand-in',
    title: 'what the stand-in itself can take',
    rows: 500_000,
    concurrency: 16,
    writes: 'any',
    peers: [rawSockets],
  },
  {
    name: 'stand-in-tls',
    title: 'what the stand-in itself can take over TLS, 5 ms a request',
    rows: 500_000,
    concurrency: 128,
    writes: 'any',
    standIn: LATENCY,
    peers: [rawSockets],
  },
  {
    name: 'writer-small',
    title: 'generated small items → stand-in',
    size: 'small',
    rows: 400_000,
    concurrency: 16,
    writes: 'generated',
    peers: [
      ...guarantees('generated', 'headrace'),
      { name: 'headrace, SDK lane', load: run('generatedBySdk'), share: 0.25 },
      { name: 'document client', share: 0.25, load: documentClient },
      {
        name: 'dynamodb-toolbox',
        share: 0.03,
        load: () => import('../peers/dynamodb-toolbox.js').then((module) => module.dynamodbToolbox),
      },
      {
        name: 'electrodb',
        share: 0.03,
        load: () => import('../peers/electrodb.js').then((module) => module.electrodb),
      },
      {
        name: 'dynamoose',
        share: 0.03,
        load: () => import('../peers/dynamoose.js').then((module) => module.dynamooseBatchPut),
      },
      bareUndici,
    ],
  },
  {
    name: 'writer-large',
    title: 'generated 1 KB items → stand-in',
    size: 'large',
    rows: 160_000,
    concurrency: 8,
    writes: 'generated',
    peers: [
      ...guarantees('generated', 'headrace'),
      { name: 'headrace, SDK lane', load: run('generatedBySdk'), share: 0.4 },
      { name: 'document client', share: 0.4, load: documentClient },
      bareUndici,
    ],
  },
  {
    name: 'latency',
    title: 'generated small items → stand-in over TLS, 5 ms a request',
    rows: 400_000,
    writes: 'generated',
    standIn: LATENCY,
    peers: [
      { name: 'headrace, 128 in flight', load: run('generated'), concurrency: 128 },
      ...IN_FLIGHT.map((concurrency) => ({
        name: `document client, ${concurrency} in flight`,
        load: documentClient,
        share: 0.2,
        concurrency,
      })),
    ],
  },
]
