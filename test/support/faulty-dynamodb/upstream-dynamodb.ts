import { Agent, request, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { Refusal, type Answer } from './answer.js'
import { toRequestItems, type RequestItems } from './batch-write.js'
import type { Backend, Input, Write } from './backend.js'
import type { WireItem } from './item-size.js'
import { Table, type TableDescription } from './table.js'

const HEADERS = {
  'content-type': 'application/x-amz-json-1.0',
  'x-amz-date': '20260101T000000Z',
  authorization:
    'AWS4-HMAC-SHA256 Credential=proxy/20260101/local/dynamodb/aws4_request, ' +
    'SignedHeaders=host, Signature=0',
}

/** A DynamoDB-compatible server that does the work; signs nothing, so not DynamoDB itself. */
export class UpstreamDynamodb implements Backend {
  readonly #endpoint: string
  readonly #agent = new Agent({ keepAlive: true })
  readonly #tables = new Map<string, Promise<Table>>()
  /** What was written through here, which tells what a replacement costs. */
  readonly #items = new Map<string, WireItem>()

  constructor(endpoint: string) {
    this.#endpoint = endpoint
  }

  async table(name: string): Promise<Table> {
    let table = this.#tables.get(name)
    if (table === undefined) {
      table = this.#describe(name)
      this.#tables.set(name, table)
      table.catch(() => this.#tables.delete(name))
    }
    return table
  }

  current(table: Table, key: string): WireItem | undefined {
    return this.#items.get(`${table.name} ${key}`)
  }

  check(): void {
    // The server checks what it is sent.
  }

  async apply(writes: readonly Write[]): Promise<readonly Write[]> {
    const input = { RequestItems: toRequestItems(writes) }
    const { body } = await this.#succeed('BatchWriteItem', input)
    const undone = await this.#undone(writes, body['UnprocessedItems'] as RequestItems | undefined)
    for (const write of writes) if (!undone.includes(write)) this.#note(write)
    return undone
  }

  async applyOne(write: Write, operation: string, input: Input): Promise<Answer> {
    const answer = await this.#succeed(operation, input)
    this.#note(write)
    return answer
  }

  async call(operation: string, input: Input): Promise<Answer> {
    const answer = await this.#send(operation, input)
    if (/^(Create|Update|Delete)Table$/.test(operation)) this.#tables.delete(input.TableName)
    return answer
  }

  close(): void {
    this.#agent.destroy()
  }

  #note({ table, key, item, kind }: Write): void {
    if (kind === 'put') this.#items.set(`${table.name} ${key}`, item)
    else this.#items.delete(`${table.name} ${key}`)
  }

  async #undone(writes: readonly Write[], left: RequestItems | undefined): Promise<Write[]> {
    const keys = new Set<string>()
    for (const [name, requests] of Object.entries(left ?? {})) {
      const table = await this.table(name)
      for (const { PutRequest, DeleteRequest } of requests) {
        keys.add(`${name} ${table.keyOf(PutRequest?.Item ?? DeleteRequest?.Key ?? {})}`)
      }
    }
    return writes.filter(({ table, key }) => keys.has(`${table.name} ${key}`))
  }

  async #describe(name: string): Promise<Table> {
    const { body } = await this.#succeed('DescribeTable', { TableName: name })
    return new Table(body['Table'] as TableDescription)
  }

  async #succeed(operation: string, input: Partial<Input>): Promise<Answer> {
    const { status, body } = await this.#send(operation, input)
    if (status === 200) return { status, body }
    const { __type, message, Message, ...fields } = body
    throw new Refusal(status, String(__type), String(message ?? Message), fields)
  }

  async #send(operation: string, input: Partial<Input>): Promise<Answer> {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const call = request(this.#endpoint, {
        method: 'POST',
        agent: this.#agent,
        headers: { ...HEADERS, 'x-amz-target': `DynamoDB_20120810.${operation}` },
      })
      call.on('response', resolve)
      call.on('error', reject)
      call.end(JSON.stringify(input))
    })
    const body = JSON.parse(await text(response)) as Answer['body']
    return { status: response.statusCode ?? 500, body }
  }
}
