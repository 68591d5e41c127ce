import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  FAULTS,
  nameOf,
  play,
  type FaultName,
  type Scenario,
} from '../../support/fault-scenarios.js'
import { assertNoLeaks } from '../../support/no-leaks.js'
import { temporaryFolder } from '../../support/temporary-folder.js'

assertNoLeaks()

const SEEDS = [1, 2]
/** Most of a scenario is waiting. */
const AT_ONCE = 6

function scenarios(fault: FaultName, seed: number): Scenario[] {
  return [
    { fault, seed, keys: 'unique', duplicates: 'last' },
    { fault, seed, keys: 'duplicate', duplicates: 'last' },
    { fault, seed, keys: 'duplicate', duplicates: 'first' },
    { fault, seed, keys: 'unique', duplicates: 'error' },
    { fault, seed, keys: 'duplicate', duplicates: 'error' },
  ]
}

describe('whatever goes wrong, what is promised holds', { concurrency: AT_ONCE }, () => {
  for (const fault of Object.keys(FAULTS) as FaultName[]) {
    test(fault, async (t) => {
      let injected = 0
      for (const scenario of SEEDS.flatMap((seed) => scenarios(fault, seed))) {
        await t.test(nameOf(scenario), async () => {
          const played = await play(scenario, temporaryFolder())
          injected += Object.values(played.injected).reduce((sum, times) => sum + times, 0)
        })
      }
      assert.ok(injected > 0 || !('faults' in FAULTS[fault]), 'the fault never came up')
    })
  }
})
