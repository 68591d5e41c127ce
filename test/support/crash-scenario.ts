import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import type { RunSummary } from '../../src/run/summary.js'
import type { FaultyDynamodb } from './faulty-dynamodb/faulty-dynamodb.js'
import { seededRandom, type Random } from './faulty-dynamodb/random.js'
import { startFaultyDynamodb } from './faulty-dynamodb/start-faulty-dynamodb.js'
import { temporaryFolder } from './temporary-folder.js'

const CHILD = fileURLToPath(new URL('crash-child.ts', import.meta.url))
const KEYS_SHARE = 0.75
const BAD_EVERY = 499

export type CrashKind = 'csv' | 'csv.gz' | 'jsonl'

export interface CrashRow {
  readonly id: string
  readonly n: string
  /** Why the row is to be rejected; empty for the others. */
  readonly bad: string
}

/** What a child is told. */
export interface CrashChild {
  readonly path: string
  readonly endpoint: string
  readonly stateDir: string
  readonly rewrites: number
}

export interface CrashScenario {
  readonly kind: CrashKind
  readonly seed: number
  readonly rows: number
  /** The window that the pipeline declares. */
  readonly rewrites: number
}

export interface CrashResult {
  readonly kills: number
  /** Rows written again after a crash, at most. */
  readonly rewrittenMost: number
  readonly rewrittenTotal: number
}

/**
 * Loads a file in a process that is killed at random moments, and resumed, until it is done; then
 * holds table, counts, rejects and rows written again against what an undisturbed run would leave.
 */
export async function crashUntilDone(scenario: CrashScenario): Promise<CrashResult> {
  const { kind, seed, rows: count, rewrites } = scenario
  const random = seededRandom(seed)
  const folder = temporaryFolder()
  const rows = crashRows(count)
  const path = join(folder, `rows.${kind}`)
  writeFileSync(path, fileOf(rows, kind))
  const server = await startFaultyDynamodb({ seed, latency: { minMs: 4, meanMs: 4 } })
  try {
    const child = { path, endpoint: server.endpoint, stateDir: join(folder, 'state'), rewrites }
    const sessions: number[] = []
    for (;;) {
      sessions.push(server.log.applied.length)
      const summary = await runOrKill(child, server, random)
      if (summary === undefined) continue
      assertUndisturbed(summary, rows, server, `seed ${seed}`)
      const rewritten = rewrittenRows(server, sessions)
      const rewrittenMost = Math.max(0, ...rewritten)
      assert.ok(rewrittenMost <= rewrites, `${rewrittenMost} rows rewritten (seed ${seed})`)
      const rewrittenTotal = rewritten.reduce((sum, more) => sum + more, 0)
      return { kills: sessions.length - 1, rewrittenMost, rewrittenTotal }
    }
  } finally {
    await server.close()
  }
}

function crashRows(count: number): CrashRow[] {
  const keys = Math.floor(count * KEYS_SHARE)
  return Array.from({ length: count }, (_, n) => ({
    id: `key-${n % keys}`,
    n: String(n),
    bad: n % BAD_EVERY === 7 ? 'bad on purpose' : '',
  }))
}

function fileOf(rows: readonly CrashRow[], kind: CrashKind): string | Buffer {
  if (kind === 'jsonl') return rows.map((row) => `${JSON.stringify(row)}\n`).join('')
  const csv = `id,n,bad\n${rows.map(({ id, n, bad }) => `${id},${n},${bad}\n`).join('')}`
  return kind === 'csv' ? csv : gzipSync(csv)
}

/** @returns the summary of a child that came to its end; `undefined` for one that was killed */
async function runOrKill(
  child: CrashChild,
  server: FaultyDynamodb,
  random: Random,
): Promise<RunSummary | undefined> {
  const argv = ['--import', 'tsx', CHILD, JSON.stringify(child)]
  const running = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] })
  const output = text(running.stdout)
  const ended = once(running, 'exit') as Promise<[number | null, string | null]>
  const timer = killAtRandom(server, random, () => running.kill('SIGKILL'))
  const [code, signal] = await ended
  clearInterval(timer)
  const printed = await output
  if (signal === 'SIGKILL') return undefined
  assert.equal(code, 0, `the child failed: ${printed}`)
  return JSON.parse(printed) as RunSummary
}

/** Mostly after some writes, sometimes after some time: while it starts, or verifies. */
function killAtRandom(server: FaultyDynamodb, random: Random, kill: () => void): NodeJS.Timeout {
  const killAtMs = random() < 0.15 ? performance.now() + 500 + random() * 3_000 : Infinity
  const killAtWrites = server.log.applied.length + Math.floor(random() ** 2 * 4_500)
  const begun = server.requests['BatchWriteItem'] ?? 0
  return setInterval(() => {
    const writing = (server.requests['BatchWriteItem'] ?? 0) > begun
    if (performance.now() >= killAtMs) kill()
    else if (writing && server.log.applied.length >= killAtWrites) kill()
  }, 1)
}

function assertUndisturbed(
  summary: RunSummary,
  rows: readonly CrashRow[],
  server: FaultyDynamodb,
  seed: string,
): void {
  const good = rows.filter(({ bad }) => bad === '')
  const oracle = new Map(good.map(({ id, n }) => [id, n]))
  const found = new Map<string, string>()
  for (const { pk, n } of server.memory?.items('crash') ?? []) {
    found.set(pk?.['S'] as string, n?.['S'] as string)
  }
  assert.deepEqual(found, oracle, seed)
  assert.equal(summary.status, 'succeeded', seed)
  assert.equal(summary.verification.status, 'match', seed)
  const rejected = rows.length - good.length
  const superseded = good.length - oracle.size
  assert.deepEqual(
    summary.rows,
    { read: rows.length, stored: oracle.size, superseded, skipped: 0, rejected },
    seed,
  )
  assert.deepEqual(
    summary.items,
    { stored: oracle.size, superseded, rejected: 0, duplicateKeys: superseded },
    seed,
  )
  const lines = readFileSync(summary.rejectFile ?? '', 'utf8')
    .trimEnd()
    .split('\n')
  assert.deepEqual(
    lines.map((line) => (JSON.parse(line) as { original: CrashRow }).original.n),
    rows.filter(({ bad }) => bad !== '').map(({ n }) => n),
    seed,
  )
}

/** For each process, how many rows it wrote that another one had written before. */
function rewrittenRows(server: FaultyDynamodb, sessions: readonly number[]): number[] {
  const { applied } = server.log
  const written = new Set<unknown>()
  return sessions.map((start, session) => {
    const mine = applied.slice(start, sessions[session + 1]).map(({ item }) => item['n']?.['S'])
    const again = new Set(mine.filter((n) => written.has(n)))
    for (const n of mine) written.add(n)
    return again.size
  })
}
