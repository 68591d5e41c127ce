import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { MalformedResponse } from '../../../src/stores/dynamodb/transport.js'
import { WriteAnswers } from '../../../src/stores/dynamodb/write-answers.js'

test('answers that repeat read as those that do not', () => {
  const unprocessed = fc.dictionary(fc.string(), fc.array(fc.anything({ maxDepth: 1 })))
  const json = fc.oneof(
    fc.record({ UnprocessedItems: fc.constantFrom({}, { app: [] }), Units: fc.nat(2) }),
    fc.record({ UnprocessedItems: unprocessed }),
    fc.string({ minLength: 1_000, maxLength: 1_100 }),
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(json, fc.nat(3))), (answers) => {
      const parser = new WriteAnswers()
      for (const [answer, repeated] of answers) {
        const text = JSON.stringify(answer)
        for (let time = 0; time <= repeated; time += 1) {
          assert.deepEqual(parser.parse(200, answerOf(text)), JSON.parse(text))
        }
      }
    }),
  )
})

test('what is no JSON is none the second time, either', () => {
  const parser = new WriteAnswers()
  const fails = (text: string): void =>
    assert.throws(() => parser.parse(200, answerOf(text)), MalformedResponse)
  fails('')
  fails('<p>')
  fails('<p>')
  assert.deepEqual(parser.parse(200, answerOf('{}')), {})
  fails('')
})

test('bytes that are used again for another answer do no harm', () => {
  const parser = new WriteAnswers()
  const answer = answerOf('{"a":1}')
  assert.deepEqual(parser.parse(200, answer), { a: 1 })
  answer.body[5] = '2'.charCodeAt(0)
  assert.deepEqual(parser.parse(200, answer), { a: 2 })
})

function answerOf(text: string) {
  return { statusCode: 200, headers: {}, body: Buffer.from(text) }
}
