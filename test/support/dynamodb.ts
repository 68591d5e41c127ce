import type { TestContext } from 'node:test'
import { startDynalite } from '../../src/local/dynalite-engine.js'
import { startDynoxide } from '../../src/local/dynoxide-engine.js'
import type { LocalEngine, RunningEngine } from '../../src/local/engine.js'

const START = { dynalite: startDynalite, dynoxide: startDynoxide }

/** An empty DynamoDB of this test's own, in memory, closed when the test is over. */
export async function startDynamodb(
  t: Pick<TestContext, 'after'>,
  engine: LocalEngine = 'dynalite',
): Promise<RunningEngine> {
  const server = await START[engine]()
  t.after(() => server.close())
  return server
}
