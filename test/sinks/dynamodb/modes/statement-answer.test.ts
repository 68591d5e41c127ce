import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { statementOutcomes } from '../../../../src/sinks/dynamodb/modes/statement-answer.js'
import { classifyError } from '../../../../src/stores/dynamodb/errors.js'

const failed = (Code: string) => ({ Error: { Code, Message: 'because' } })

describe('an answer to BatchExecuteStatement', () => {
  test('tells of each statement by itself', () => {
    const codes = ['DuplicateItem', 'ThrottlingError', 'TransactionConflict', 'ValidationError']
    const Responses = [{ TableName: 'app' }, ...codes.map(failed)]
    assert.deepEqual(statementOutcomes({ Responses }, 5), [
      { kind: 'done' },
      { kind: 'conflict' },
      { kind: 'later' },
      { kind: 'later' },
      { kind: 'refused', reason: 'because' },
    ])
  })

  const exceptions = {
    ResourceNotFound: 'fatal',
    AccessDenied: 'fatal',
    RequestLimitExceeded: 'throttled',
    InternalServerError: 'transient',
  }
  for (const [code, kind] of Object.entries(exceptions)) {
    test(`${code} is no affair of one statement: ${kind}`, () => {
      assert.throws(
        () => statementOutcomes({ Responses: [{}, failed(code)] }, 2),
        (error) => classifyError(error).kind === kind,
      )
    })
  }

  for (const json of [undefined, {}, { Responses: [] }, { Responses: [{}, {}, {}] }, []]) {
    test(`what is none is refused: ${JSON.stringify(json)}`, () => {
      assert.throws(() => statementOutcomes(json, 2), { name: 'UnexpectedAnswer' })
    })
  }
})
