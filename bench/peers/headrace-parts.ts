import { isViolation, type SinkWriter, type WriterContext } from '../../src/core/sink.js'
import { standaloneContext } from '../../src/core/route.js'
import { createItemDigest } from '../../src/formats/item-digest.js'
import { createItemEncoder } from '../../src/formats/dynamodb/item-encoder.js'
import { putBatchBody } from '../../src/sinks/dynamodb/request-body.js'
import { connectDynamodb } from '../../src/stores/dynamodb/connect.js'
import { generatedBatches, generatedItem } from '../rows/generated-rows.js'
import { fromGenerated } from '../rows/generated-source.js'
import { dynamodbSink } from './headrace.js'
import { ACCESS, type Peer } from './peer.js'
import { sendInFlight } from './send-in-flight.js'

/** The writer by itself: key lanes and retries, but no checkpoints and no index of keys. */
export const writerAlone =
  (digested: boolean): Peer =>
  async (setting) => {
    const { signal } = new AbortController()
    const context = standaloneContext(signal)
    const target = await dynamodbSink(setting).connect(context)
    const digest = createItemDigest('bench')
    const pass = async (rows: number): Promise<number> => {
      let settled = 0
      const writer: SinkWriter = await target.openWriter({
        ...context,
        ...UNBOUNDED,
        settled: ({ items }) => (settled += items.length),
        addDigest: digested ? (lanes, text) => digest.add(lanes, text) : () => undefined,
      })
      const made = fromGenerated(rows, (id) => generatedItem(setting.size, id))
      const reader = await made.source.open(context)
      for (const partition of reader.partitions) {
        for await (const batch of reader.read(partition, undefined, 0, signal)) {
          await writer.write(batch as never)
        }
      }
      await writer.flush()
      await writer.close()
      return settled
    }
    return { pass, close: () => target.close() }
  }

const UNBOUNDED = {
  maxWriteUnits: undefined,
  concurrency: undefined,
  rejected: () => undefined,
  earlierProcessUntil: 0,
  seen: () => false,
} satisfies Partial<WriterContext>

/** Encoder and lane in a few loops: what is left when nothing is guaranteed. */
export const laneAlone: Peer = async (setting) => {
  const { signal } = new AbortController()
  const { transport } = await connectDynamodb({
    region: ACCESS.region,
    endpoint: setting.endpoint,
    maxSockets: setting.concurrency,
    requestTimeoutMs: 30_000,
    transport: 'auto',
    signal,
  })
  const encoder = createItemEncoder({
    partitionKey: { name: 'pk', type: 'S' },
    sortKey: { name: 'sk', type: 'S' },
  })
  const bodyOf = putBatchBody('app')
  const put = async (items: readonly object[]): Promise<void> => {
    const encoded = items.map((item) => {
      const one = encoder.encode(item)
      if (isViolation(one)) throw new Error(one.reason)
      return one
    })
    await transport.send('BatchWriteItem', bodyOf(encoded), signal)
  }
  return {
    pass: async (rows) => {
      await sendInFlight(setting.concurrency, generatedBatches(setting.size, rows, 25), put)
      return rows
    },
    close: () => {
      transport.close()
      return Promise.resolve()
    },
  }
}
