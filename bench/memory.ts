/**
 * Prints what memory a run takes as it goes: 1,000,000 rows into a slow sink that stores nothing,
 * then 3,000,000 rows with duplicate keys, whose index spills to disk. Fails when the counts are
 * wrong, or when memory grows with the rows.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { definePipeline } from '../src/core/pipeline.js'
import { run } from '../src/run/run.js'
import { map } from '../src/stages/map.js'
import { fromGenerated } from './rows/generated-source.js'
import { toKeyedNothing } from './support/keyed-null-sink.js'

const MIB = 1024 * 1024
/** The key index keeps 64 MiB; the heap of a run is about as much. */
const GROWTH_MIB_MAX = 128

interface Case {
  readonly name: string
  readonly rows: number
  readonly keys: number
  readonly pauseMs: number
}

const CASES: readonly Case[] = [
  { name: 'slow sink', rows: 1_000_000, keys: 1_000_000, pauseMs: 2 },
  { name: 'key index', rows: 3_000_000, keys: 2_000_000, pauseMs: 0 },
]

async function measure({ name, rows, keys, pauseMs }: Case): Promise<void> {
  const stateDir = mkdtempSync(join(tmpdir(), 'headrace-memory-'))
  try {
    const marks = [0.1, 0.5, 1].map((share) => ({ at: share * rows, share, mib: 0 }))
    const flow = fromGenerated(rows, (id) => ({ id, name: `user ${id}`, at: '2026-01-01' }))
      .pipe(
        map(({ id, ...rest }) => {
          for (const mark of marks) if (id + 1 === mark.at) mark.mib = rssMib()
          return { pk: `USER#${id % keys}`, ...rest }
        }),
      )
      .to(toKeyedNothing(pauseMs))
    const startedAt = performance.now()
    const summary = await run(definePipeline({ name: 'memory', flow }), { stateDir })
    const seconds = (performance.now() - startedAt) / 1000
    const expected = { read: rows, stored: keys, superseded: rows - keys, skipped: 0, rejected: 0 }
    assert.deepEqual(summary.rows, expected)
    const disk = folderBytes(join(stateDir, 'runs', summary.runId)) / MIB
    const shown = marks.map(({ share, mib }) => `${share * 100} %: ${mib.toFixed(0)} MiB`)
    process.stdout.write(
      `${name}: ${rows} rows, ${keys} keys: RSS at ${shown.join(', ')}; ` +
        `${disk.toFixed(0)} MiB on disk at the end; ${Math.round(rows / seconds)} rows/s\n`,
    )
    const [, half, end] = marks.map(({ mib }) => mib)
    assert.ok((end ?? 0) - (half ?? 0) < GROWTH_MIB_MAX, 'memory grows with the rows')
  } finally {
    rmSync(stateDir, { recursive: true, force: true })
  }
}

function rssMib(): number {
  return process.memoryUsage.rss() / MIB
}

function folderBytes(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => statSync(join(folder, name)))
    .reduce((sum, entry) => sum + (entry.isFile() ? entry.size : 0), 0)
}

for (const one of CASES) await measure(one)
