/**
 * Plays the scenarios of the fault matrix, and beside them the crash test, with ever new seeds, and
 * ends with 1 when anything was not as promised. `npm run soak -- [minutes, 10] [first seed]`
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crashUntilDone, type CrashKind } from './crash-scenario.js'
import { FAULTS, nameOf, play, type FaultName, type Scenario } from './fault-scenarios.js'

/** Most of a scenario is waiting. */
const AT_ONCE = 6
const CRASH_KINDS: readonly CrashKind[] = ['csv', 'csv.gz', 'jsonl']
const CRASH_ROWS = 20_000
const CRASH_WINDOW_ROWS = 2_000

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true'
const minutes = Number(process.argv[2] ?? 10)
const firstSeed = Number(process.argv[3] ?? Math.floor(Math.random() * 1e9))
const endAt = Date.now() + minutes * 60_000
const names = Object.keys(FAULTS) as FaultName[]
const kinds: Pick<Scenario, 'keys' | 'duplicates'>[] = [
  { keys: 'unique', duplicates: 'last' },
  { keys: 'duplicate', duplicates: 'last' },
  { keys: 'duplicate', duplicates: 'first' },
  { keys: 'duplicate', duplicates: 'error' },
]
const injected = new Map<string, number>()
const failures: string[] = []
let runs = 0
let written = 0
let started = 0
let crashedRuns = 0
let kills = 0
let rewrittenMost = 0

function nextScenario(): Scenario {
  const fault = names[started % names.length] ?? 'none'
  const kind = kinds[Math.floor(started / names.length) % kinds.length] ?? kinds[0]
  const seed = firstSeed + Math.floor(started / (names.length * kinds.length))
  started += 1
  return { fault, seed, keys: 'unique', duplicates: 'last', ...kind }
}

async function lane(): Promise<void> {
  while (Date.now() < endAt) {
    const scenario = nextScenario()
    const stateDir = mkdtempSync(join(tmpdir(), 'headrace-soak-'))
    try {
      const played = await play(scenario, stateDir)
      written += played.items.applied
      for (const [kind, times] of Object.entries(played.injected)) {
        injected.set(kind, (injected.get(kind) ?? 0) + times)
      }
    } catch (error) {
      failures.push(nameOf(scenario))
      process.stdout.write(`FAILED ${nameOf(scenario)}: ${String(error)}\n`)
    } finally {
      rmSync(stateDir, { recursive: true, force: true })
    }
    runs += 1
  }
}

/** Kills the process of a run at random moments until it is done, again and again. */
async function crashLane(): Promise<void> {
  while (Date.now() < endAt) {
    const kind = CRASH_KINDS[crashedRuns % CRASH_KINDS.length] ?? 'csv'
    const seed = firstSeed + crashedRuns
    try {
      const result = await crashUntilDone({
        kind,
        seed,
        rows: CRASH_ROWS,
        rewrites: CRASH_WINDOW_ROWS,
      })
      kills += result.kills
      rewrittenMost = Math.max(rewrittenMost, result.rewrittenMost)
    } catch (error) {
      failures.push(`crash ${kind} ${seed}`)
      process.stdout.write(`FAILED crash ${kind}, seed ${seed}: ${String(error)}\n`)
    }
    crashedRuns += 1
  }
}

process.stdout.write(`${minutes} minutes from seed ${firstSeed}\n`)
await Promise.all([...Array.from({ length: AT_ONCE }, lane), crashLane()])
const faults = [...injected].map(([kind, times]) => `${kind} ${times}`).join(', ')
process.stdout.write(
  `runs: ${runs}, items written: ${written}, faults injected: ${faults}\n` +
    `runs killed: ${crashedRuns}, kills: ${kills}, rows written again after a kill: at most ` +
    `${rewrittenMost} (window ${CRASH_WINDOW_ROWS})\n` +
    `runs with items lost, out of order or miscounted: ${failures.length}\n`,
)
process.exitCode = failures.length === 0 ? 0 : 1
