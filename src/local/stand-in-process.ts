/**
 * The stand-in for DynamoDB: takes every write as fast as one process of Node can, counts the items
 * and forgets them. It has one table, described by its argument, the body of a CreateTable request.
 * Started by `startStandIn`; prints its port, and ends when its input does.
 */
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { LOOPBACK } from './engine.js'
import { StandInMessages, type StandInMessage } from './stand-in-messages.js'

/** What was received since it was last asked. */
export interface StandInReceipts {
  readonly requests: number
  readonly items: number
  /** Processor time that the stand-in itself took. */
  readonly cpuMicroseconds: number
}

/** How each put of a BatchWriteItem begins; in a string its quotes would be escaped. */
const PUT = Buffer.from('{"PutRequest":{"Item":')

const definition = JSON.parse(process.argv[2] ?? '{}') as { readonly TableName: string }
let requests = 0
let items = 0
let cpuSince = process.cpuUsage()

/** Writes consume next to nothing, so that no cap of the pipeline's holds it back. */
const WRITTEN = answer({
  UnprocessedItems: {},
  ConsumedCapacity: [{ TableName: definition.TableName, CapacityUnits: 1e-6 }],
})
const DESCRIBED = answer({
  Table: {
    ...definition,
    TableStatus: 'ACTIVE',
    BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
    ItemCount: 0,
  },
})
const NOTHING = answer({})

function answer(json: object): Buffer {
  const body = JSON.stringify(json)
  return Buffer.from(
    'HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\n' +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}

function reply({ operation, body }: StandInMessage): Buffer {
  if (operation === 'BatchWriteItem') {
    requests += 1
    for (let at = body.indexOf(PUT); at >= 0; at = body.indexOf(PUT, at + PUT.length)) items += 1
    return WRITTEN
  }
  if (operation === 'DescribeTable') return DESCRIBED
  if (operation === 'TakeReceipts') return answer(takeReceipts())
  return NOTHING
}

function takeReceipts(): StandInReceipts {
  const { user, system } = process.cpuUsage(cpuSince)
  const receipts = { requests, items, cpuMicroseconds: user + system }
  requests = 0
  items = 0
  cpuSince = process.cpuUsage()
  return receipts
}

function serve(socket: Socket): void {
  const messages = new StandInMessages()
  socket.setNoDelay(true)
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk: Buffer) => {
    for (const message of messages.push(chunk)) socket.write(reply(message))
  })
}

const server = createServer(serve)
server.listen(0, LOOPBACK, () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`)
})
// Ctrl-C in a terminal reaches this process as well; it is the other one that ends it.
process.on('SIGINT', () => {})
process.stdin.resume().on('end', () => process.exit())
