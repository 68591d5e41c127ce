import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Study } from '../cases/bench-case.js'
import { nodeArguments } from '../node-arguments.js'
import { thousands } from '../report/format-report.js'
import { resetStandIn } from '../stand-in/ask-stand-in.js'
import { startStandIn } from '../stand-in/start-stand-in.js'
import type { Pass, Passed } from './verify/verify-pass.js'

const ROWS = 500_000
const QUICK_SHARE = 0.01
const DIFFERENCES = [0, 1, 10, 1_000, 100_000]
const REPETITIONS = 3
const MIB = 1024 * 1024

interface Way {
  readonly name: string
  readonly pass: Pick<Pass, 'way' | 'differences'>
  readonly passed: Passed[]
}

/**
 * What verifying costs, next to reading both sides once through the same readers: processor time
 * and time for a million items, by how many differ, and peak memory. Fails when it finds another
 * number of differences than there are.
 */
export const verify: Study = async ({ quick, tell }) => {
  const share = quick ? QUICK_SHARE : 1
  const folder = mkdtempSync(join(tmpdir(), 'headrace-verify-'))
  const standIn = await startStandIn(folder, { latencyMs: 0, tls: false })
  try {
    const { endpoint } = standIn
    const rows = ROWS * share
    const carryOut = (pass: Way['pass']) =>
      inProcess({ ...pass, endpoint, rows, stateDir: join(folder, 'state') })
    await resetStandIn(endpoint, 'items')
    tell('load')
    await carryOut({ way: 'load', differences: 0 })
    const ways: Way[] = [
      { name: 'both sides read', pass: { way: 'read', differences: 0 }, passed: [] },
      ...DIFFERENCES.map((count) => {
        const differences = Math.ceil(count * share)
        const name = `verified, ${thousands(differences)} differ`
        return { name, pass: { way: 'verify' as const, differences }, passed: [] }
      }),
    ]
    for (let repetition = 0; repetition < (quick ? 1 : REPETITIONS); repetition += 1) {
      for (const { name, pass, passed } of ways) {
        tell(name)
        passed.push(await carryOut(pass))
      }
    }
    return tableOf(ways, rows)
  } finally {
    await standIn.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

function tableOf(ways: readonly Way[], rows: number): Awaited<ReturnType<Study>> {
  const medians = ways.map(({ passed }) => ({
    cpuMs: median(passed.map(({ cpuMs }) => cpuMs)),
    ms: median(passed.map(({ ms }) => ms)),
    rssBytes: Math.max(...passed.map(({ rssBytes }) => rssBytes)),
  }))
  const [reading = { cpuMs: 1 }] = medians
  const perMillion = (ms: number) => `${((ms / rows) * 1000).toFixed(1)} s`
  return {
    head: [`${thousands(rows)} items`, 'CPU, a million', '×', 'time, a million', 'peak RSS'],
    rows: medians.map(({ cpuMs, ms, rssBytes }, index) => [
      ways[index]?.name ?? '',
      perMillion(cpuMs),
      (cpuMs / reading.cpuMs).toFixed(2),
      perMillion(ms),
      `${Math.round(rssBytes / MIB)} MiB`,
    ]),
  }
}

function median(values: readonly number[]): number {
  const inOrder = [...values].sort((a, b) => a - b)
  return inOrder[Math.floor(inOrder.length / 2)] ?? Number.NaN
}

async function inProcess(pass: Pass): Promise<Passed> {
  const file = fileURLToPath(import.meta.resolve('./verify/verify-pass.js'))
  const env = {
    ...process.env,
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  }
  const words = [...nodeArguments(file), JSON.stringify(pass)]
  const { stdout } = await promisify(execFile)(process.execPath, words, { env })
  return JSON.parse(stdout) as Passed
}
