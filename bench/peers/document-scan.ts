import { paginateScan } from '@aws-sdk/lib-dynamodb'
import { Pool } from 'undici'
import { createItemEncoder } from '../../src/formats/dynamodb/item-encoder.js'
import { isViolation } from '../../src/core/sink.js'
import { putBatchBody } from '../../src/sinks/dynamodb/request-body.js'
import { generatedBatches } from '../rows/generated-rows.js'
import { resetStandIn } from '../stand-in/ask-stand-in.js'
import { openDocumentClient } from './document-client.js'
import type { Peer, Setting } from './peer.js'

/** Puts so many items into the stand-in, which keeps them. */
export async function fillStandIn({ endpoint, size }: Setting, rows: number): Promise<void> {
  await resetStandIn(endpoint, 'items')
  const encoder = createItemEncoder({ partitionKey: { name: 'pk', type: 'S' } })
  const bodyOf = putBatchBody('app')
  const pool = new Pool(endpoint, { connections: 1 })
  const headers = { 'x-amz-target': 'DynamoDB_20120810.BatchWriteItem' }
  for (const items of generatedBatches(size, rows, 25)) {
    const encoded = items.map((item) => encoder.encode(item)).filter((one) => !isViolation(one))
    const { body } = await pool.request({
      path: '/',
      method: 'POST',
      headers,
      body: bodyOf(encoded as { readonly text: string }[]),
    })
    await body.dump()
  }
  await pool.close()
}

/** Fills the table before each pass of a peer that reads it. */
export const overFilledTable =
  (peer: Peer): Peer =>
  async (setting) => ({
    ...(await peer(setting)),
    prepare: (rows) => fillStandIn(setting, rows),
  })

export const documentScan: Peer = (setting) => {
  const { client } = openDocumentClient(setting)
  return Promise.resolve({
    pass: async () => {
      let items = 0
      const pages = paginateScan({ client }, { TableName: 'app', ConsistentRead: true })
      for await (const page of pages) items += page.Items?.length ?? 0
      return items
    },
    close: () => {
      client.destroy()
      return Promise.resolve()
    },
  })
}
