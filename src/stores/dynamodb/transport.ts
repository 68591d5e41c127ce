/** Operations that are sent; each is a POST of JSON with its name in `x-amz-target`. */
export type DynamodbOperation =
  | 'BatchExecuteStatement'
  | 'BatchGetItem'
  | 'BatchWriteItem'
  | 'CreateTable'
  | 'DeleteItem'
  | 'DeleteTable'
  | 'DescribeTable'
  | 'DescribeTimeToLive'
  | 'ListTables'
  | 'PutItem'
  | 'Scan'
  | 'UpdateItem'
  | 'UpdateTimeToLive'

/** A 2xx answer. Numbers of items are text inside `{"N":"…"}`, so parsing loses nothing. */
export interface DynamodbResponse {
  readonly status: number
  /** The body, parsed. */
  readonly json: unknown
}

/**
 * How requests reach DynamoDB: it knows requests, not what they mean. One call is one attempt;
 * nothing is retried here.
 */
export interface DynamodbTransport {
  /** Where requests go: `https://dynamodb.eu-west-1.amazonaws.com`. */
  readonly endpoint: string
  /**
   * Sends a body that is JSON already, exactly as given.
   * @throws the SDK's own exceptions for what DynamoDB refuses, the socket's errors for what went
   *   wrong on the way, `RequestTimeout` for what took too long, `MalformedResponse` for an answer
   *   that is not JSON, the signal's reason once it is aborted. `classifyError` tells them apart,
   *   and `requestOf` names the request.
   */
  send(
    operation: DynamodbOperation,
    body: string | Uint8Array,
    signal: AbortSignal,
  ): Promise<DynamodbResponse>
  /** Releases the sockets; requests under way fail. */
  close(): void
}

/** No whole answer within the time allowed: the request may have been carried out all the same. */
export class RequestTimeout extends Error {
  override readonly name = 'RequestTimeout'

  constructor(operation: string, timeoutMs: number) {
    super(`${operation} had no complete answer after ${timeoutMs} ms`)
  }
}

/** An answer that is not JSON: of something between here and DynamoDB, or cut short. */
export class MalformedResponse extends Error {
  override readonly name = 'MalformedResponse'
  readonly $metadata: { readonly httpStatusCode: number }

  constructor(operation: string, status: number, cause: unknown) {
    super(`${operation} was answered ${status} with a body that is not JSON`, { cause })
    this.$metadata = { httpStatusCode: status }
  }
}

const REQUEST = Symbol.for('headrace.dynamodb.request')

/** Notes on an error which request it is of. */
export function nameRequest(error: unknown, operation: string, endpoint: string): void {
  if (typeof error !== 'object' || error === null || REQUEST in error) return
  Object.defineProperty(error, REQUEST, { value: `${operation} to ${endpoint}` })
}

/** The request that an error is of: `Scan to https://dynamodb.eu-west-1.amazonaws.com`. */
export function requestOf(error: unknown): string {
  const noted = (error as { readonly [REQUEST]?: string } | undefined)?.[REQUEST]
  return noted ?? 'the request'
}
