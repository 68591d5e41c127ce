import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { crashUntilDone, type CrashKind } from '../support/crash-scenario.js'
import { assertNoLeaks } from '../support/no-leaks.js'

assertNoLeaks()

const REWRITES = 2_000
const KILLS_MIN: Readonly<Record<CrashKind, number>> = { csv: 20, 'csv.gz': 3, jsonl: 3 }

describe('a run that is killed at random moments', () => {
  for (const kind of ['csv', 'csv.gz', 'jsonl'] as const) {
    test(`over ${kind} ends as if it had not been`, async (t) => {
      const rows = kind === 'csv' ? 20_000 : 6_000
      let kills = 0
      for (let seed = 1; kills < KILLS_MIN[kind]; seed += 1) {
        const result = await crashUntilDone({ kind, seed, rows, rewrites: REWRITES })
        kills += result.kills
        t.diagnostic(`seed ${seed}: ${JSON.stringify(result)}`)
      }
      assert.ok(kills >= KILLS_MIN[kind])
    })
  }
})
