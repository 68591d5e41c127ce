import assert from 'node:assert/strict'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { describe, test } from 'node:test'
import { asRead, definePipeline, map, rollback, run, toDynamodb } from '../../src/index.js'
import { fromArray } from '../support/array-source.js'
import { callDynamodb, mustCallDynamodb } from '../support/call-dynamodb.js'
import { assertNoLeaks } from '../support/no-leaks.js'
import { TABLE, undoPlace, type UndoPlace } from '../support/undo-place.js'

assertNoLeaks()

const KEYS = 30
/** Every third key is written by another just before the run writes it. */
const isDisturbed = (n: number): boolean => n % 3 === 0

interface Sent {
  readonly request: { readonly body: unknown }
  readonly input: { readonly operation: string }
}

/** A client before whose writes another writer goes first, once for each key. */
function disturbed(
  { endpoint }: UndoPlace,
  operation: string,
  disturb: (pk: string) => Promise<void>,
): DynamoDBClient {
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' }
  const client = new DynamoDBClient({ endpoint, region: 'local', credentials })
  const done = new Set<string>()
  client.middlewareStack.add(
    (next) => async (given) => {
      const { request, input } = given as unknown as Sent
      if (input.operation === operation) {
        for (const [, pk = ''] of String(request.body).matchAll(/"S":"(key \d+)"/g)) {
          if (done.has(pk) || !isDisturbed(Number(pk.slice(4)))) continue
          done.add(pk)
          await disturb(pk)
        }
      }
      return next(given)
    },
    { step: 'finalizeRequest', priority: 'high', name: 'disturbed' },
  )
  return client
}

const rows = Array.from({ length: KEYS }, (_, n) => ({ pk: `key ${n}`, price: n }))
const options = { table: TABLE, partitionKey: 'pk', ambiguousGraceMs: 0 } as const

describe('beside another writer, and rolled back', () => {
  test('inserts lose nothing that it wrote', async (t) => {
    const place = await undoPlace(t)
    const { endpoint, stateDir } = place
    const client = disturbed(place, 'BatchExecuteStatement', (pk) =>
      place.put({ pk: { S: pk }, mine: { BOOL: true } }),
    )
    t.after(() => client.destroy())
    const pipeline = definePipeline({
      name: 'inserted',
      flow: fromArray(rows)
        .pipe(map((row) => row))
        .to(toDynamodb({ ...options, client, mode: 'insert' })),
      limits: { rejects: KEYS },
    })
    const summary = await run(pipeline, { stateDir, undoLog: true })
    assert.deepEqual([summary.rows.stored, summary.rows.rejected], [20, 10])
    const result = await rollback(summary.runId, { stateDir, client })
    assert.deepEqual([result.deleted, result.left], [20, 10])
    const { Items } = (await mustCallDynamodb(endpoint, 'Scan', { TableName: TABLE })) as {
      Items: object[]
    }
    assert.equal(Items.length, 10)
    assert.ok(Items.every((item) => 'mine' in item))
  })

  for (const attribute of ['price', 'kept'] as const) {
    test(`updates lose no change of \`${attribute}\` that it made`, async (t) => {
      const place = await undoPlace(t)
      const { endpoint, stateDir } = place
      for (const { pk, price } of rows) {
        await place.put({ pk: { S: pk }, price: { N: String(price) }, kept: { N: '1' } })
      }
      const before = await place.items()
      const client = disturbed(place, 'UpdateItem', async (pk) => {
        const changed = await callDynamodb(endpoint, 'UpdateItem', {
          TableName: TABLE,
          Key: { pk: { S: pk } },
          UpdateExpression: 'SET #a = :a',
          ExpressionAttributeNames: { '#a': attribute },
          ExpressionAttributeValues: { ':a': { S: 'of another' } },
        })
        assert.equal(changed.status, 200)
      })
      t.after(() => client.destroy())
      const pipeline = definePipeline({
        name: 'updated',
        flow: fromArray(rows)
          .pipe(map((row) => ({ pk: row.pk, price: row.price * 100 + 1, [asRead]: row })))
          .to(toDynamodb({ ...options, client, mode: 'update', ifUnchanged: 'touched' })),
        limits: { rejects: KEYS },
      })
      const summary = await run(pipeline, { stateDir, undoLog: true })
      assert.equal(summary.rows.rejected, attribute === 'price' ? 10 : 0)
      const result = await rollback(summary.runId, { stateDir })
      assert.deepEqual([result.restored, result.left], [20, 10])
      for (const [pk, text] of await place.items()) {
        if (isDisturbed(Number(pk.slice(4)))) {
          assert.ok(text.includes(`"${attribute}":{"S":"of another"}`), text)
        } else assert.equal(text, before.get(pk))
      }
    })
  }
})
