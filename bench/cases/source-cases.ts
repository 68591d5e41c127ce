import type { Peer } from '../peers/peer.js'
import type { BenchCase } from './bench-case.js'
import { guarantees, read, run } from './headrace-peers.js'

/** Rows that are read from somewhere, into the stand-in or into nothing. */
export const SOURCE_CASES: readonly BenchCase[] = [
  {
    name: 'csv',
    title: 'CSV → stand-in',
    rows: 300_000,
    concurrency: 16,
    files: 'csv',
    writes: 'generated',
    peers: guarantees('csv', 'headrace'),
  },
  {
    name: 'csv-read',
    title: 'CSV → nothing',
    rows: 200_000,
    files: 'csv',
    peers: [
      { name: 'headrace', load: run('csvToNothing') },
      { name: '… the source alone', load: read('csvToNothing', 1) },
    ],
  },
  {
    name: 'json',
    title: 'JSON lines → stand-in',
    rows: 300_000,
    concurrency: 16,
    files: 'jsonl',
    writes: 'generated',
    peers: guarantees('json', 'headrace'),
  },
  {
    name: 'json-read',
    title: 'JSON lines → nothing',
    rows: 200_000,
    files: 'jsonl',
    peers: [
      { name: 'headrace', load: run('jsonToNothing') },
      { name: '… the source alone', load: read('jsonToNothing', 1) },
    ],
  },
  {
    name: 'postgres',
    title: 'Postgres → stand-in',
    rows: 400_000,
    concurrency: 16,
    postgres: true,
    writes: 'generated',
    peers: [
      ...guarantees('postgresDeclared', 'headrace, declared'),
      { name: 'headrace, declared, 4 × the rows', load: run('postgresDeclared'), share: 4 },
      { name: 'headrace, mapped', load: run('postgresMapped') },
      { name: 'headrace, mapped, 4 × the rows', load: run('postgresMapped'), share: 4 },
      { name: 'hand-written script', share: 0.25, load: handWritten },
    ],
  },
  {
    name: 'postgres-read',
    title: 'Postgres → nothing',
    rows: 200_000,
    postgres: true,
    peers: [
      { name: 'headrace', load: run('postgresToNothing') },
      { name: '… the source alone', load: read('postgresToNothing', 1) },
      { name: '… in up to 4 ranges', load: read('postgresToNothing', 4) },
      {
        name: 'pg-query-stream',
        load: () => import('../peers/hand-written.js').then((module) => module.queryStream),
      },
      {
        name: 'COPY, only split',
        load: () => import('../peers/copy-split.js').then((module) => module.copySplit),
      },
    ],
  },
  {
    name: 'scan',
    title: 'scan ← stand-in',
    rows: 100_000,
    peers: [
      { name: 'headrace', load: async () => overFilledTable(await run('scanToNothing')()) },
      {
        name: '… the source alone',
        load: async () => overFilledTable(await read('scanToNothing', 1)()),
      },
      {
        name: 'document client',
        load: async () => {
          const { documentScan } = await import('../peers/document-scan.js')
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
    peers: [
      {
        name: 'headrace',
        load: async () => {
          const [{ verifying }, { generated }] = await Promise.all([
            import('../peers/headrace.js'),
            import('../peers/flows.js'),
          ])
          return verifying(generated)
        },
      },
    ],
  },
]

async function handWritten(): Promise<Peer> {
  return (await import('../peers/hand-written.js')).handWritten
}

async function overFilledTable(peer: Peer): Promise<Peer> {
  return (await import('../peers/document-scan.js')).overFilledTable(peer)
}
