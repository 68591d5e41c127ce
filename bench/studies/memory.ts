import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { definePipeline } from '../../src/core/pipeline.js'
import { run } from '../../src/run/run.js'
import { map } from '../../src/stages/map.js'
import type { Study } from '../cases/bench-case.js'
import { thousands } from '../report/format-report.js'
import { fromGenerated } from '../rows/generated-source.js'
import { toNothing } from '../rows/null-sink.js'

const MIB = 1024 * 1024
/** The key index keeps 64 MiB; the heap of a run is about as much. */
const GROWTH_MIB_MAX = 128
const MARKS = [0.1, 0.5, 1] as const
const QUICK_SHARE = 0.001

interface Load {
  readonly name: string
  readonly rows: number
  readonly keys: number
  readonly pauseMs: number
}

const LOADS: readonly Load[] = [
  { name: 'a slow sink', rows: 1_000_000, keys: 1_000_000, pauseMs: 2 },
  { name: 'a key index that spills', rows: 3_000_000, keys: 2_000_000, pauseMs: 0 },
]

/**
 * What memory a run takes as it goes: into a slow sink that stores nothing, then with duplicate
 * keys, whose index spills to disk. Fails when counts are wrong or memory grows with the rows.
 */
export const memory: Study = async ({ quick, tell }) => {
  const share = quick ? QUICK_SHARE : 1
  const rows: string[][] = []
  for (const load of LOADS) {
    tell(load.name)
    rows.push(await measure({ ...load, rows: load.rows * share, keys: load.keys * share }))
  }
  const marks = MARKS.map((mark) => `RSS at ${mark * 100} %`)
  return { head: ['into', 'rows', 'keys', ...marks, 'on disk', 'rows/s'], rows }
}

async function measure({ name, rows, keys, pauseMs }: Load): Promise<string[]> {
  const stateDir = mkdtempSync(join(tmpdir(), 'headrace-memory-'))
  try {
    const marks = MARKS.map((share) => ({ at: share * rows, mib: 0 }))
    const flow = fromGenerated(rows, (id) => ({ id, name: `user ${id}`, at: '2026-01-01' }))
      .pipe(
        map(({ id, ...rest }) => {
          for (const mark of marks) if (id + 1 === mark.at) mark.mib = rssMib()
          return { pk: `USER#${id % keys}`, ...rest }
        }),
      )
      .to(toNothing({ encode: ({ pk }) => encodedKey(pk), pauseMs }))
    const startedAt = performance.now()
    const summary = await run(definePipeline({ name: 'memory', flow }), { stateDir })
    const seconds = (performance.now() - startedAt) / 1000
    const expected = { read: rows, stored: keys, superseded: rows - keys, skipped: 0, rejected: 0 }
    assert.deepEqual(summary.rows, expected)
    const [, half, end] = marks.map(({ mib }) => mib)
    assert.ok((end ?? 0) - (half ?? 0) < GROWTH_MIB_MAX, 'memory grows with the rows')
    return [
      name,
      thousands(rows),
      thousands(keys),
      ...marks.map(({ mib }) => `${mib.toFixed(0)} MiB`),
      `${(folderBytes(join(stateDir, 'runs', summary.runId)) / MIB).toFixed(0)} MiB`,
      thousands(rows / seconds),
    ]
  } finally {
    rmSync(stateDir, { recursive: true, force: true })
  }
}

function encodedKey(key: string) {
  return { key, text: key, bytes: key.length, writeUnits: 1 }
}

function rssMib(): number {
  return process.memoryUsage.rss() / MIB
}

function folderBytes(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => statSync(join(folder, name)))
    .reduce((sum, entry) => sum + (entry.isFile() ? entry.size : 0), 0)
}
