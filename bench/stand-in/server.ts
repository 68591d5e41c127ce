/**
 * A server that takes whatever is written to it, as fast as one process of Node can: it reads where
 * a request ends, counts, and answers with bytes made before. Started by `startStandIn`; prints its
 * address and ends when its input does.
 */
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net'
import { parseArgs } from 'node:util'
import { MessageReader, type Message } from './message-reader.js'
import { Received, type Counts, type Keeping, type ScanRequest } from './received.js'

const { values } = parseArgs({
  options: { latency: { type: 'string', default: '0' }, certificate: { type: 'string' } },
})
const latencyMs = Number(values.latency)
const received = new Received()
let cpuBefore = process.cpuUsage()

const WRITTEN = answer('{"UnprocessedItems":{}}')
const WRITTEN_UNITS = answer(
  '{"UnprocessedItems":{},"ConsumedCapacity":[{"TableName":"app","CapacityUnits":25}]}',
)
const UNITS_ASKED = Buffer.from('"ReturnConsumedCapacity":"')

function answer(body: string): Buffer {
  return Buffer.from(
    'HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\n' +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}

/** Every table has the keys `pk` and `sk` (strings). */
function description(body: Buffer): string {
  const { TableName } = JSON.parse(body.toString()) as { readonly TableName: string }
  const key = (AttributeName: string, KeyType: string) => ({ AttributeName, KeyType })
  const type = (AttributeName: string) => ({ AttributeName, AttributeType: 'S' })
  return JSON.stringify({
    Table: {
      TableName,
      TableStatus: 'ACTIVE',
      KeySchema: [key('pk', 'HASH'), key('sk', 'RANGE')],
      AttributeDefinitions: [type('pk'), type('sk')],
      BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
      ItemCount: 0,
    },
  })
}

function reply({ operation, body, bytes }: Message): Buffer {
  if (operation === 'BatchWriteItem') {
    received.take(body, bytes)
    const tail = body.subarray(Math.max(0, body.length - 64))
    return tail.includes(UNITS_ASKED) || body.subarray(0, 64).includes(UNITS_ASKED)
      ? WRITTEN_UNITS
      : WRITTEN
  }
  if (operation === 'Scan') {
    return answer(received.page(JSON.parse(body.toString()) as ScanRequest))
  }
  if (operation === 'DescribeTable') return answer(description(body))
  if (operation === 'Counts') {
    const { user, system } = process.cpuUsage(cpuBefore)
    const counts: Counts = { ...received.counts, cpuMicros: user + system }
    return answer(JSON.stringify(counts))
  }
  if (operation === 'Reset') {
    received.reset((JSON.parse(body.toString()) as { readonly keeping: Keeping }).keeping)
    cpuBefore = process.cpuUsage()
  }
  return answer('{}')
}

function serve(socket: Socket): void {
  const reader = new MessageReader()
  socket.setNoDelay(true)
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk: Buffer) => {
    for (const message of reader.push(chunk)) {
      const bytes = reply(message)
      if (latencyMs === 0) socket.write(bytes)
      else setTimeout(() => socket.write(bytes), latencyMs)
    }
  })
}

async function createServer() {
  if (values.certificate === undefined) return createTcpServer(serve)
  const [{ createServer: createTlsServer }, { readFileSync }] = await Promise.all([
    import('node:tls'),
    import('node:fs'),
  ])
  const pem = readFileSync(values.certificate)
  return createTlsServer({ cert: pem, key: pem }, serve)
}

const server = await createServer()
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  process.stdout.write(
    `${values.certificate === undefined ? 'http' : 'https'}://127.0.0.1:${port}\n`,
  )
})
process.stdin.resume().on('end', () => process.exit())
