import { HeadraceError, messageOf } from '../../core/errors.js'
import { fatalError } from './fatal-errors.js'
import { requestOf } from './transport.js'

/** What was throttled; `unknown` where the answer names no reason. */
export type ThrottleScope = 'table' | 'index' | 'key range' | 'account' | 'unknown'

interface ErrorFacts {
  /** The exception's name, or the socket's code: `ThrottlingException`, `ECONNRESET`. */
  readonly code: string
  /** The message as received. */
  readonly message: string
}

/**
 * What a failed request means for what it carried:
 * - `throttled`: nothing was done; later, and slower where `scope` says so;
 * - `transient`: again; `ambiguous` when it may have been carried out all the same;
 * - `refused`: nothing was done, since something in it is wrong: one item spoils a whole batch;
 * - `collection full`: an item collection (one partition key of a table with local indexes) is at
 *   its 10 GB;
 * - `aborted`: the caller gave up; it may have been carried out;
 * - `fatal`: it will not work for any item, and `error` says what to do.
 */
export type ErrorClass = ErrorFacts &
  (
    | {
        readonly kind: 'throttled'
        readonly scope: ThrottleScope
        /** ARNs of the table and indexes throttled, where named. */
        readonly resources: readonly string[]
      }
    | { readonly kind: 'transient'; readonly ambiguous: boolean }
    | { readonly kind: 'refused' }
    | { readonly kind: 'collection full' }
    | { readonly kind: 'aborted' }
    | { readonly kind: 'fatal'; readonly error: HeadraceError }
  )

/** Answers that mean "slower"; reasons, where given, tell what is too fast. */
const THROTTLES = new Set([
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'Throttling',
  'RequestLimitExceeded',
  'RequestThrottledException',
  'LimitExceededException',
  'TooManyRequestsException',
])

/**
 * Failures of the way there that end before a request is sent, so nothing was done. Every other
 * failure of a socket leaves open whether the request was carried out.
 */
const UNSENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])

/** Tells what a rejection of `DynamodbTransport.send` means. Pure. */
export function classifyError(thrown: unknown): ErrorClass {
  const seen = factsOf(thrown)
  const { code, status } = seen
  const facts = { code, message: seen.message }
  if (code === 'AbortError') return { ...facts, kind: 'aborted' }
  if (HeadraceError.is(thrown)) return { ...facts, kind: 'fatal', error: thrown }
  if (THROTTLES.has(code) || status === 429) {
    return { ...facts, kind: 'throttled', ...throttleReasons(thrown) }
  }
  if (seen.clockCorrected) return { ...facts, kind: 'transient', ambiguous: false }
  const fatal = fatalError(facts, status, thrown)
  if (fatal !== undefined) return { ...facts, kind: 'fatal', error: fatal }
  if (code === 'ItemCollectionSizeLimitExceededException') {
    return { ...facts, kind: 'collection full' }
  }
  if (code === 'ReplicatedWriteConflictException') {
    return { ...facts, kind: 'transient', ambiguous: false }
  }
  if (code === 'ValidationException' || code === 'SerializationException' || status === 413) {
    return { ...facts, kind: 'refused' }
  }
  if (status !== undefined && status >= 400 && status < 500 && status !== 408) {
    return { ...facts, kind: 'fatal', error: refusal(facts, thrown) }
  }
  return { ...facts, kind: 'transient', ambiguous: !UNSENT.has(code) }
}

/** The error to end with when a request failed for good: after the last try, if it was retried. */
export function finalError(thrown: unknown): HeadraceError {
  const failure = classifyError(thrown)
  const request = requestOf(thrown)
  const what = `${failure.code}: ${failure.message}`
  switch (failure.kind) {
    case 'fatal':
      return failure.error
    case 'throttled':
      return new HeadraceError('TARGET_STALLED', `DynamoDB kept throttling ${request}: ${what}`, {
        cause: thrown,
        hint: 'Raise the capacity of the table, or lower `maxWriteUnits`.',
      })
    case 'transient':
      return new HeadraceError(
        'TARGET_UNREACHABLE',
        `DynamoDB did not answer ${request}: ${what}`,
        {
          cause: thrown,
          hint: 'Check the endpoint, the region, and the network between here and there.',
        },
      )
    case 'aborted':
      return new HeadraceError('INTERRUPTED', `${request} was stopped from outside`, {
        cause: thrown,
      })
    default:
      return refusal(failure, thrown)
  }
}

function refusal(facts: ErrorFacts, cause: unknown): HeadraceError {
  const { code, message } = facts
  return new HeadraceError(
    'TARGET_REFUSED',
    `DynamoDB refused ${requestOf(cause)}: ${code}: ${message}`,
    { cause },
  )
}

interface Seen {
  readonly code: string
  readonly message: string
  readonly status: number | undefined
  readonly clockCorrected: boolean
}

function factsOf(thrown: unknown): Seen {
  const error = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as {
    name?: unknown
    code?: unknown
    errors?: unknown
    $metadata?: { httpStatusCode?: number; clockSkewCorrected?: boolean }
  }
  // A host with several addresses fails with an AggregateError of one failure each.
  const first: unknown = Array.isArray(error.errors) ? error.errors[0] : undefined
  if (error.code === undefined && first !== undefined) return factsOf(first)
  const status = error.$metadata?.httpStatusCode
  const socketCode = status === undefined && typeof error.code === 'string' ? error.code : undefined
  return {
    code: socketCode ?? (typeof error.name === 'string' ? error.name : typeof thrown),
    message: messageOf(thrown).trim(),
    status,
    clockCorrected: error.$metadata?.clockSkewCorrected === true,
  }
}

/** `TableWriteProvisionedThroughputExceeded` and the like, most telling scope first. */
const SCOPES: readonly (readonly [pattern: RegExp, scope: ThrottleScope])[] = [
  [/AccountLimitExceeded$/, 'account'],
  [/KeyRangeThroughputExceeded$/, 'key range'],
  [/^Index/, 'index'],
  [/^Table/, 'table'],
]

function throttleReasons(thrown: unknown): {
  scope: ThrottleScope
  resources: readonly string[]
} {
  // The field is spelled differently in ThrottlingException than in the others.
  const { ThrottlingReasons, throttlingReasons } = thrown as {
    ThrottlingReasons?: unknown
    throttlingReasons?: unknown
  }
  const given: unknown = ThrottlingReasons ?? throttlingReasons
  const reasons = (Array.isArray(given) ? given : []) as { reason?: string; resource?: string }[]
  const scope = SCOPES.find(([pattern]) =>
    reasons.some(({ reason }) => reason !== undefined && pattern.test(reason)),
  )?.[1]
  return {
    scope: scope ?? (codeOf(thrown) === 'RequestLimitExceeded' ? 'account' : 'unknown'),
    resources: reasons.flatMap(({ resource }) => (resource === undefined ? [] : [resource])),
  }
}

function codeOf(thrown: unknown): unknown {
  return (thrown as { name?: unknown }).name
}
