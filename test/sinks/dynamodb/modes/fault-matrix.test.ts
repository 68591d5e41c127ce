import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { startDynoxide } from '../../../../src/local/dynoxide-engine.js'
import type { RunningEngine } from '../../../../src/local/engine.js'
import { FAULTS, type FaultName } from '../../../support/fault-scenarios.js'
import { MODES, playMode } from '../../../support/mode-scenarios.js'
import { assertNoLeaks } from '../../../support/no-leaks.js'
import { temporaryFolder } from '../../../support/temporary-folder.js'

assertNoLeaks()

/** Most of a scenario is waiting. */
const AT_ONCE = 6
const SEEDS = [1, 2]

describe('whatever goes wrong, each mode keeps its promise', { concurrency: AT_ONCE }, () => {
  let engine: RunningEngine | undefined
  before(async () => {
    engine = await startDynoxide()
  })
  after(async () => {
    await engine?.close()
  })
  let tables = 0
  for (const fault of Object.keys(FAULTS) as FaultName[]) {
    test(fault, async (t) => {
      let injected = 0
      for (const [n, mode] of MODES.entries()) {
        // Each mode meets each fault by one of the two transports.
        const seed = SEEDS[(n + fault.length) % SEEDS.length] ?? 1
        await t.test(`${mode}, seed ${seed}`, async () => {
          tables += 1
          const upstream = engine?.endpoint ?? ''
          const scenario = { mode, fault, seed, upstream, table: `table-${tables}` }
          const times = await playMode(scenario, temporaryFolder())
          injected += Object.values(times).reduce((sum, more) => sum + more, 0)
        })
      }
      assert.ok(injected > 0 || !('faults' in FAULTS[fault]), 'the fault never came up')
    })
  }
})
