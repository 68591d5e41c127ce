import { Pool } from 'undici'
import { isViolation } from '../../src/core/sink.js'
import { createItemEncoder } from '../../src/formats/dynamodb/item-encoder.js'
import { putBatchBody } from '../../src/sinks/dynamodb/request-body.js'
import { generatedBatches } from '../rows/generated-rows.js'
import type { Peer } from './peer.js'
import { sendInFlight } from './send-in-flight.js'

const HEADERS = {
  'content-type': 'application/x-amz-json-1.0',
  'x-amz-target': 'DynamoDB_20120810.BatchWriteItem',
}

/** Sends bodies over undici's own dispatch, unsigned; an answer is only counted. */
function openSender(endpoint: string, connections: number) {
  const pool = new Pool(endpoint, { connections, pipelining: 1 })
  const send = (body: Uint8Array): Promise<void> =>
    new Promise((resolve, reject) => {
      pool.dispatch(
        { path: '/', method: 'POST', headers: HEADERS, body },
        {
          onRequestStart: () => undefined,
          onResponseStart: (_controller, status) => {
            if (status !== 200) reject(new Error(`Answered ${status}`))
          },
          onResponseData: () => undefined,
          onResponseEnd: () => resolve(),
          onResponseError: (_controller, error) => reject(error),
        },
      )
    })
  return { send, close: () => pool.close() }
}

/** The floor: the encoder of Headrace and the least that sending takes. */
export const bareUndici: Peer = async (setting) => {
  const { send, close } = openSender(setting.endpoint, setting.concurrency)
  const encoder = createItemEncoder({
    partitionKey: { name: 'pk', type: 'S' },
    sortKey: { name: 'sk', type: 'S' },
  })
  const bodyOf = putBatchBody('app')
  const put = (items: readonly object[]): Promise<void> => {
    const encoded = items.map((item) => {
      const one = encoder.encode(item)
      if (isViolation(one)) throw new Error(one.reason)
      return one
    })
    return send(bodyOf(encoded))
  }
  return {
    pass: async (rows) => {
      await sendInFlight(setting.concurrency, generatedBatches(setting.size, rows, 25), put)
      return rows
    },
    close,
  }
}
