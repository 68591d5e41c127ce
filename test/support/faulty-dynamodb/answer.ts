/** An answer of DynamoDB, before it is written to the wire. */
export interface Answer {
  readonly status: number
  readonly body: { readonly [field: string]: unknown }
}

/** A refusal, thrown by whatever finds the reason for it. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly answer: Answer

  constructor(status: number, type: string, message: string, fields: object = {}) {
    super(message)
    this.answer = { status, body: { __type: type, message, ...fields } }
  }
}

const SERVICE = 'com.amazonaws.dynamodb.v20120810'

export function validation(message: string): Refusal {
  return new Refusal(400, 'com.amazon.coral.validate#ValidationException', message)
}

export function notFound(message = 'Requested resource not found'): Refusal {
  return new Refusal(400, `${SERVICE}#ResourceNotFoundException`, message)
}

export function inUse(message: string): Refusal {
  return new Refusal(400, `${SERVICE}#ResourceInUseException`, message)
}

export function unknownOperation(operation: string): Refusal {
  return new Refusal(
    400,
    'com.amazon.coral.service#UnknownOperationException',
    `Not known here: ${operation}`,
  )
}

export function serverError(status: 500 | 503): Refusal {
  return status === 500
    ? new Refusal(500, `${SERVICE}#InternalServerError`, 'The request could not be processed.')
    : new Refusal(503, 'ServiceUnavailableException', 'Service is temporarily unavailable.')
}

/** `{Table|Index}Write…` and what ran out. */
export type ThrottlingReason = `${'Table' | 'Index'}${'Read' | 'Write'}${
  | 'ProvisionedThroughputExceeded'
  | 'AccountLimitExceeded'
  | 'KeyRangeThroughputExceeded'
  | 'MaxOnDemandThroughputExceeded'}`

export type ThrottlingException =
  'ProvisionedThroughputExceededException' | 'ThrottlingException' | 'RequestLimitExceeded'

export interface Throttled {
  readonly reason: ThrottlingReason
  /** ARN of the table or index. */
  readonly resource: string
}

const THROTTLE_TEXT = {
  ProvisionedThroughputExceededException:
    'The level of configured provisioned throughput for the table was exceeded. ' +
    'Consider increasing your provisioning level with the UpdateTable API.',
  ThrottlingException: 'Throughput exceeds the current capacity of your table or index.',
  RequestLimitExceeded: 'Throughput exceeds the current throughput limit for your account.',
}

/** The list of reasons is spelled with a small letter on ThrottlingException alone. */
export function throttled(exception: ThrottlingException, reasons: readonly Throttled[]): Refusal {
  if (exception === 'ThrottlingException') {
    const type = 'com.amazon.coral.availability#ThrottlingException'
    return new Refusal(400, type, THROTTLE_TEXT[exception], { throttlingReasons: reasons })
  }
  return new Refusal(400, `${SERVICE}#${exception}`, THROTTLE_TEXT[exception], {
    ThrottlingReasons: reasons,
  })
}
