import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { describe, test } from 'node:test'
import {
  DynamoDBClient,
  BatchWriteItemCommand,
  DescribeTableCommand,
} from '@aws-sdk/client-dynamodb'
import * as fc from 'fast-check'
import { startStandIn } from '../../src/local/stand-in.js'
import { StandInMessages } from '../../src/local/stand-in-messages.js'
import { assertNoLeaks } from '../support/no-leaks.js'

assertNoLeaks()

const TABLE = {
  TableName: 'app',
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
}

function message(operation: string, body: string): string {
  return (
    `POST / HTTP/1.1\r\nhost: x\r\nX-Amz-Target: DynamoDB_20120810.${operation}\r\n` +
    `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  )
}

describe('the messages of a connection', () => {
  test('are the same however the bytes are cut', () => {
    const body = fc.string({ unit: 'grapheme', maxLength: 60 })
    const sent = fc.array(fc.tuple(fc.constantFrom('BatchWriteItem', 'DescribeTable'), body))
    const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 })
    fc.assert(
      fc.property(sent, cuts, (messages, lengths) => {
        const bytes = Buffer.from(messages.map(([name, text]) => message(name, text)).join(''))
        const reader = new StandInMessages()
        const read: [string, string][] = []
        for (let at = 0, cut = 0; at < bytes.length; cut += 1) {
          const length = lengths[cut % lengths.length] ?? 1
          for (const one of reader.push(bytes.subarray(at, at + length))) {
            read.push([one.operation, one.body.toString()])
          }
          at += length
        }
        assert.deepEqual(read, messages)
      }),
    )
  })
})

describe('the stand-in', () => {
  test('has its table, takes every item, and counts them', async () => {
    const standIn = await startStandIn(JSON.stringify(TABLE))
    const client = new DynamoDBClient({
      endpoint: standIn.endpoint,
      region: 'local',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    })
    try {
      const { Table } = await client.send(new DescribeTableCommand({ TableName: 'app' }))
      assert.equal(Table?.TableStatus, 'ACTIVE')
      assert.deepEqual(Table?.KeySchema, TABLE.KeySchema)
      const decoy = { M: { PutRequest: { M: { Item: { S: '{"PutRequest":{"Item":' } } } } }
      const puts = ['1', '2', '3'].map((pk) => ({
        PutRequest: { Item: { pk: { S: pk }, decoy } },
      }))
      const answer = await client.send(new BatchWriteItemCommand({ RequestItems: { app: puts } }))
      assert.deepEqual(answer.UnprocessedItems, {})
      const { requests, items, cpuMicroseconds } = await standIn.takeReceipts()
      assert.deepEqual({ requests, items }, { requests: 1, items: 3 })
      assert.ok(cpuMicroseconds > 0)
      assert.equal((await standIn.takeReceipts()).items, 0)
    } finally {
      client.destroy()
      await standIn.close()
    }
    await assert.rejects(reached(standIn.endpoint))
  })
})

function reached(endpoint: string): Promise<void> {
  const { hostname, port } = new URL(endpoint)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => resolve(void socket.destroy()))
    socket.once('error', reject)
  })
}
