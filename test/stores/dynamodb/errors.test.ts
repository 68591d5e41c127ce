import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { HeadraceError } from '../../../src/core/errors.js'
import { classifyError, finalError } from '../../../src/stores/dynamodb/errors.js'
import {
  MalformedResponse,
  nameRequest,
  RequestTimeout,
} from '../../../src/stores/dynamodb/transport.js'

function exception(name: string, httpStatusCode = 400, more: object = {}): Error {
  return Object.assign(new Error('as DynamoDB says it'), {
    name,
    $metadata: { httpStatusCode },
    ...more,
  })
}

function socketError(code: string, name = 'Error'): Error {
  return Object.assign(new Error(`connect ${code}`), { name, code })
}

const reasons = (reason: string): object => ({
  ThrottlingReasons: [{ reason, resource: 'arn:aws:dynamodb:eu-west-1:1:table/app' }],
})

describe('what a failed request means', () => {
  const throttles: readonly (readonly [Error, string])[] = [
    [exception('ProvisionedThroughputExceededException'), 'unknown'],
    [exception('ThrottlingException'), 'unknown'],
    [exception('RequestLimitExceeded'), 'account'],
    [exception('Whatever', 429), 'unknown'],
    [
      exception('ProvisionedThroughputExceededException', 400, {
        ...reasons('TableWriteProvisionedThroughputExceeded'),
      }),
      'table',
    ],
    [
      exception('ThrottlingException', 400, {
        throttlingReasons: [{ reason: 'IndexWriteMaxOnDemandThroughputExceeded' }],
      }),
      'index',
    ],
    [
      exception('ProvisionedThroughputExceededException', 400, {
        ...reasons('TableWriteKeyRangeThroughputExceeded'),
      }),
      'key range',
    ],
    [
      exception('ProvisionedThroughputExceededException', 400, {
        ...reasons('IndexWriteKeyRangeThroughputExceeded'),
      }),
      'key range',
    ],
    [
      exception('RequestLimitExceeded', 400, { ...reasons('TableWriteAccountLimitExceeded') }),
      'account',
    ],
  ]
  for (const [error, scope] of throttles) {
    test(`throttled, ${scope}: ${error.name}`, () => {
      const outcome = classifyError(error)
      assert.equal(outcome.kind, 'throttled')
      assert.equal(outcome.kind === 'throttled' && outcome.scope, scope)
    })
  }

  const ambiguous: readonly Error[] = [
    exception('InternalServerError', 500),
    exception('InternalServerErrorException', 500),
    exception('ServiceUnavailable', 503),
    socketError('ECONNRESET', 'TimeoutError'),
    socketError('EPIPE'),
    socketError('ETIMEDOUT'),
    Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }),
    new RequestTimeout('BatchWriteItem', 100),
    new MalformedResponse('BatchWriteItem', 200, undefined),
    new MalformedResponse('BatchWriteItem', 502, undefined),
    exception('RequestTimeout', 408),
    new Error('something that no one has seen before'),
  ]
  for (const error of ambiguous) {
    test(`again, and it may have happened: ${error.name} ${error.message}`, () => {
      const outcome = classifyError(error)
      assert.equal(outcome.kind, 'transient')
      assert.equal(outcome.kind === 'transient' && outcome.ambiguous, true)
    })
  }

  const unsent: readonly Error[] = [
    socketError('ECONNREFUSED'),
    socketError('ENOTFOUND'),
    socketError('EAI_AGAIN'),
    new AggregateError([socketError('ECONNREFUSED'), socketError('ECONNREFUSED')]),
    exception('ReplicatedWriteConflictException'),
    exception('InvalidSignatureException', 400, {
      $metadata: { httpStatusCode: 400, clockSkewCorrected: true },
    }),
  ]
  for (const error of unsent) {
    test(`again, and it did not happen: ${error.name} ${error.message}`, () => {
      const outcome = classifyError(error)
      assert.equal(outcome.kind, 'transient')
      assert.equal(outcome.kind === 'transient' && outcome.ambiguous, false)
    })
  }

  for (const error of [
    exception('ValidationException'),
    exception('SerializationException'),
    new MalformedResponse('BatchWriteItem', 413, undefined),
  ]) {
    test(`refused for what is in it: ${error.name}`, () => {
      assert.equal(classifyError(error).kind, 'refused')
    })
  }

  test('a full item collection is a kind of its own', () => {
    const outcome = classifyError(exception('ItemCollectionSizeLimitExceededException'))
    assert.equal(outcome.kind, 'collection full')
  })

  const fatal: readonly (readonly [Error, string])[] = [
    [exception('ResourceNotFoundException'), 'TARGET_NOT_FOUND'],
    [exception('AccessDeniedException'), 'CREDENTIALS'],
    [exception('ExpiredTokenException'), 'CREDENTIALS'],
    [exception('UnrecognizedClientException'), 'CREDENTIALS'],
    [exception('InvalidSignatureException'), 'CREDENTIALS'],
    [exception('MissingAuthenticationTokenException'), 'CREDENTIALS'],
    [Object.assign(new Error('x'), { name: 'CredentialsProviderError' }), 'CREDENTIALS'],
    [exception('UnknownOperationException'), 'TARGET_REFUSED'],
    [exception('ResourceInUseException'), 'TARGET_REFUSED'],
    [new MalformedResponse('BatchWriteItem', 403, undefined), 'TARGET_REFUSED'],
    [socketError('SELF_SIGNED_CERT_IN_CHAIN'), 'TARGET_UNREACHABLE'],
    [new HeadraceError('ENV_MISSING', 'x'), 'ENV_MISSING'],
  ]
  for (const [error, code] of fatal) {
    test(`fatal: ${error.name} ${error.message}`, () => {
      const outcome = classifyError(error)
      assert.equal(outcome.kind, 'fatal')
      assert.equal(outcome.kind === 'fatal' && outcome.error.code, code)
    })
  }

  test('given up by the caller', () => {
    assert.equal(classifyError(AbortSignal.abort().reason).kind, 'aborted')
  })

  test('anything can be thrown', () => {
    for (const thrown of [undefined, null, 7, 'text', {}, Symbol('s')]) {
      assert.equal(classifyError(thrown).kind, 'transient')
    }
  })
})

describe('the error to end with', () => {
  test('names the request and keeps the cause', () => {
    const cause = socketError('ECONNREFUSED')
    nameRequest(cause, 'DescribeTable', 'http://127.0.0.1:1')
    const error = finalError(cause)
    assert.equal(error.code, 'TARGET_UNREACHABLE')
    assert.equal(
      error.message,
      'DynamoDB did not answer DescribeTable to http://127.0.0.1:1: ' +
        'ECONNREFUSED: connect ECONNREFUSED',
    )
    assert.equal(error.cause, cause)
  })

  for (const [error, code] of [
    [exception('ThrottlingException'), 'TARGET_STALLED'],
    [exception('ValidationException'), 'TARGET_REFUSED'],
    [exception('InternalServerError', 500), 'TARGET_UNREACHABLE'],
    [exception('AccessDeniedException'), 'CREDENTIALS'],
    [AbortSignal.abort().reason as Error, 'INTERRUPTED'],
  ] as const) {
    test(`${error.name} ends in ${code}`, () => assert.equal(finalError(error).code, code))
  }
})
