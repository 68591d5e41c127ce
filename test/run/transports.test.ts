import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { checksum, definePipeline, run, toDynamodb } from '../../src/index.js'
import { fromArray } from '../support/array-source.js'
import { startDynamodb } from '../support/dynamodb.js'
import { startFaultyDynamodb } from '../support/faulty-dynamodb/start-faulty-dynamodb.js'
import { assertNoLeaks } from '../support/no-leaks.js'
import { temporaryFolder } from '../support/temporary-folder.js'

assertNoLeaks()

const ROWS = Array.from({ length: 500 }, (_, i) => ({
  pk: `k${i}`,
  text: `Žižkov 🎉 ${i}\n"`,
  n: i / 7,
  list: [i, null, { deep: true }],
}))

interface Report {
  readonly digest: string | undefined
  readonly stored: number
}

async function load(endpoint: string, transport: 'sdk' | 'direct', table: string): Promise<Report> {
  process.env['AWS_ACCESS_KEY_ID'] = 'test'
  process.env['AWS_SECRET_ACCESS_KEY'] = 'test'
  const target = { table, partitionKey: 'pk', create: {}, region: 'local', endpoint } as const
  const pipeline = definePipeline({
    name: `load-${transport}`,
    flow: fromArray(ROWS).to(toDynamodb({ ...target, transport, ambiguousGraceMs: 10 })),
    verify: checksum(),
  })
  const summary = await run(pipeline, { stateDir: join(temporaryFolder(), 'state') })
  assert.equal(summary.verification?.status, 'match')
  return { digest: summary.sentDigest, stored: summary.items.stored }
}

describe('a run stores the same by either transport', () => {
  for (const engine of ['dynalite', 'dynoxide'] as const) {
    test(`into ${engine}`, async (t) => {
      const { endpoint } = await startDynamodb(t, engine)
      const bySdk = await load(endpoint, 'sdk', 'by-sdk')
      const direct = await load(endpoint, 'direct', 'direct')
      assert.deepEqual([bySdk.stored, direct.stored], [500, 500])
    })
  }

  test('into a server that fails now and then', async (t) => {
    const server = await startFaultyDynamodb({
      faults: [
        { kind: 'unprocessed', share: 0.1, itemShare: 0.2 },
        { kind: 'error', share: 0.1, status: 500, effect: 'before' },
        { kind: 'reset', share: 0.1, effect: 'none' },
        { kind: 'malformed', share: 0.1 },
      ],
    })
    t.after(() => server.close())
    for (const transport of ['sdk', 'direct'] as const) {
      assert.equal((await load(server.endpoint, transport, transport)).stored, 500)
    }
  })
})
