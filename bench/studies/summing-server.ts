/** A DynamoDB that stores nothing, and adds up attributes of what it is sent; for `flights.ts`. */
import { createServer } from 'node:http'

const TABLE = {
  TableName: 'flights',
  TableStatus: 'ACTIVE',
  ItemCount: 0,
  BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
}

const sums = { items: 0, delay: 0, distance: 0 }

function add(body: string): void {
  sums.items += body.split('{"PutRequest"').length - 1
  for (const [, name, value] of body.matchAll(/"(delay|distance)":\{"N":"([^"]+)"/g)) {
    sums[name as 'delay' | 'distance'] += Number(value)
  }
}

const server = createServer((request, response) => {
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => {
    const writes = request.headers['x-amz-target'] === 'DynamoDB_20120810.BatchWriteItem'
    if (writes) add(Buffer.concat(parts).toString('latin1'))
    response.setHeader('content-type', 'application/x-amz-json-1.0')
    response.end(JSON.stringify(writes ? { UnprocessedItems: {} } : { Table: TABLE }))
  })
})
server.listen(0, '127.0.0.1', () => process.send?.(server.address()))
process.on('message', () => process.send?.(sums))
process.once('disconnect', () => process.exit())
