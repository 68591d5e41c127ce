import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import {
  batchLength,
  BODY_BYTES_MAX,
  putBatchBody,
} from '../../../src/sinks/dynamodb/request-body.js'

const texts = fc.array(
  fc
    .record({
      letter: fc.constantFrom('a', 'é', '€', '😀'),
      share: fc.oneof(fc.constant(0.0001), fc.double({ min: 0, max: 0.4, noNaN: true })),
    })
    .map(({ letter, share }) => letter.repeat((share * BODY_BYTES_MAX) / 4)),
  { minLength: 1, maxLength: 30 },
)

test('as many items as fit: at least one, at most 25, in so many bytes', () => {
  fc.assert(
    fc.property(texts, (given) => {
      const items = given.map((text) => ({ text }))
      const bytes = (count: number) =>
        items.slice(0, count).reduce((sum, { text }) => sum + Buffer.byteLength(text), 0)
      const length = batchLength(items)
      assert.ok(length >= 1 && length <= 25)
      assert.ok(length === 1 || bytes(length) <= BODY_BYTES_MAX)
      const more = length + 1
      assert.ok(more > Math.min(25, items.length) || bytes(more) > BODY_BYTES_MAX)
    }),
    { numRuns: 40 },
  )
})

test('a body is the JSON that DynamoDB expects', () => {
  const items = [{ text: '{"pk":{"S":"a"}}' }, { text: '{"pk":{"S":"b\\"c"}}' }]
  assert.deepEqual(parsed(putBatchBody('my "table"')(items)), {
    RequestItems: {
      'my "table"': items.map(({ text }) => ({
        PutRequest: { Item: JSON.parse(text) as unknown },
      })),
    },
    ReturnConsumedCapacity: 'INDEXES',
  })
})

test('bodies made one after the other hold what each was given, of any size', () => {
  fc.assert(
    fc.property(fc.array(texts, { minLength: 2, maxLength: 6 }), (batches) => {
      const bodyOf = putBatchBody('app')
      const bodies = batches.map((given) => bodyOf(given.map(asItem)))
      assert.deepEqual(
        bodies.map((body) => textsIn(body)),
        batches,
      )
    }),
    { numRuns: 20 },
  )
})

function asItem(text: string): { readonly text: string } {
  return { text: JSON.stringify({ a: text }) }
}

function textsIn(body: Uint8Array): string[] {
  const { RequestItems } = parsed(body) as {
    readonly RequestItems: {
      readonly app: readonly { readonly PutRequest: { Item: { a: string } } }[]
    }
  }
  return RequestItems.app.map(({ PutRequest }) => PutRequest.Item.a)
}

function parsed(body: Uint8Array): unknown {
  return JSON.parse(Buffer.from(body).toString())
}
