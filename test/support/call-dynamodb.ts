import { request, type Agent, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'

export interface DynamodbAnswer {
  readonly status: number
  // The body of any operation; a test reads what it expects there.
  readonly body: { readonly [field: string]: unknown }
}

const HEADERS = {
  'content-type': 'application/x-amz-json-1.0',
  'x-amz-date': '20260101T000000Z',
  authorization:
    'AWS4-HMAC-SHA256 Credential=test/20260101/local/dynamodb/aws4_request, ' +
    'SignedHeaders=host, Signature=0',
}

/** One request, without the SDK and its retries. Rejects when there is no whole answer. */
export async function callDynamodb(
  endpoint: string,
  operation: string,
  input: object,
  options: { readonly signal?: AbortSignal; readonly agent?: Agent } = {},
): Promise<DynamodbAnswer> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const call = request(endpoint, {
      method: 'POST',
      headers: { ...HEADERS, 'x-amz-target': `DynamoDB_20120810.${operation}` },
      agent: options.agent ?? false,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    })
    call.on('response', resolve)
    call.on('error', reject)
    call.end(JSON.stringify(input))
  })
  return { status: response.statusCode ?? 0, body: JSON.parse(await text(response)) as {} }
}

/** As `callDynamodb`; rejects unless it succeeds. */
export async function mustCallDynamodb(
  endpoint: string,
  operation: string,
  input: object,
): Promise<DynamodbAnswer['body']> {
  const { status, body } = await callDynamodb(endpoint, operation, input)
  if (status === 200) return body
  throw new Error(`${operation} answered ${status}: ${JSON.stringify(body)}`)
}

/** CreateTable with a string partition key `pk` and, if asked, a string sort key; waits for it. */
export async function createTable(
  endpoint: string,
  name: string,
  keys: readonly string[] = ['pk'],
): Promise<void> {
  await mustCallDynamodb(endpoint, 'CreateTable', {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: keys.map((key) => ({ AttributeName: key, AttributeType: 'S' })),
    KeySchema: keys.map((key, i) => ({ AttributeName: key, KeyType: i === 0 ? 'HASH' : 'RANGE' })),
  })
  while ((await status(endpoint, name)) !== 'ACTIVE') {
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

async function status(endpoint: string, name: string): Promise<unknown> {
  const { Table } = await mustCallDynamodb(endpoint, 'DescribeTable', { TableName: name })
  return (Table as { readonly TableStatus?: string }).TableStatus
}
