import { setMaxListeners } from 'node:events'
import { encodeRow, rowCount } from '../../src/core/encode-row.js'
import { standaloneContext, type Route } from '../../src/core/route.js'
import type { RowBatch } from '../../src/core/row-batch.js'
import {
  isViolation,
  type EncodedItem,
  type Sink,
  type Target,
  type WriterContext,
} from '../../src/core/sink.js'
import { eachAsNeeded } from '../../src/flow/each-as-needed.js'
import { createItemDigest } from '../../src/formats/item-digest.js'
import { streamThroughStages } from '../../src/run/staged-batches.js'
import { putBatchBody } from '../../src/sinks/dynamodb/request-body.js'
import { connectDynamodb } from '../../src/stores/dynamodb/connect.js'
import type { FlowOf } from './flows.js'
import { ACCESS, nothingToClose, type Peer } from './peer.js'

const REQUEST_ITEMS = 25

/** Source, stages and writer, with key lanes, retries and pace; no checkpoints, no key index. */
export const writing =
  (flowOf: FlowOf, digested: boolean): Peer =>
  async (setting) => {
    const { signal } = new AbortController()
    const context = standaloneContext(signal)
    const { sink } = flowOf(setting, 0)
    const target = await sink.connect(context)
    const digest = createItemDigest('bench')
    const pass = async (rows: number): Promise<number> => {
      let settled = 0
      const writer = await target.openWriter({
        ...context,
        ...UNBOUNDED,
        settled: ({ items }) => (settled += items.length),
        addDigest: digested ? (lanes, text) => digest.add(lanes, text) : () => undefined,
      })
      await eachBatch(flowOf(setting, rows), 1, (batch) => writer.write(batch as never))
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

/** Source, stages, encoder and lane: what is left when nothing is guaranteed. */
export const sending =
  (flowOf: FlowOf): Peer =>
  async (setting) => {
    const { signal } = new AbortController()
    // All of the first requests wait with it until it is known where they go.
    setMaxListeners(0, signal)
    const { sink } = flowOf(setting, 0)
    const target = await sink.connect(standaloneContext(signal))
    const { transport } = await connectDynamodb({
      region: ACCESS.region,
      endpoint: setting.endpoint,
      maxSockets: setting.concurrency,
      requestTimeoutMs: 30_000,
      transport: 'auto',
      signal,
    })
    const bodyOf = putBatchBody(tableOf(sink))
    return {
      pass: async (rows) => {
        const room = new Room(setting.concurrency)
        let sent = 0
        let gathered: EncodedItem[] = []
        const send = async (): Promise<void> => {
          const items = gathered
          gathered = []
          sent += items.length
          await room.enter(transport.send('BatchWriteItem', bodyOf(items), signal))
        }
        await eachBatch(flowOf(setting, rows), 1, async (batch) => {
          for (let index = 0; index < rowCount(batch); index += 1) {
            gathered.push(encoded(target, batch, index))
            if (gathered.length === REQUEST_ITEMS) await send()
          }
        })
        if (gathered.length > 0) await send()
        await room.empty()
        return sent
      },
      close: async () => {
        transport.close()
        await target.close()
      },
    }
  }

function tableOf({ options: { table } }: Sink<never>): string {
  if (typeof table !== 'string') throw new Error('Only what goes into DynamoDB is sent')
  return table
}

function encoded(target: Target, batch: RowBatch, index: number): EncodedItem {
  const made = encodeRow(target as Target<unknown>, batch, index)
  if (isViolation(made)) throw new Error(made.reason)
  return made
}

/** Lets so many be under way at once. */
class Room {
  readonly #places: number
  #taken = 0
  #failure: unknown
  /** Called when a place is left. */
  #left = (): void => undefined

  constructor(places: number) {
    this.#places = places
  }

  /** Resolves when there is room for another. */
  async enter(work: Promise<unknown>): Promise<void> {
    this.#taken += 1
    work.then(this.#leave, this.#fail)
    while (this.#taken >= this.#places) await this.#untilLeft()
  }

  async empty(): Promise<void> {
    while (this.#taken > 0) await this.#untilLeft()
  }

  async #untilLeft(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    await new Promise<void>((resolve) => (this.#left = resolve))
    if (this.#failure !== undefined) throw this.#failure
  }

  readonly #leave = (): void => {
    this.#taken -= 1
    this.#left()
  }

  readonly #fail = (failure: unknown): void => {
    this.#failure = failure
    this.#leave()
  }
}

/** Source and stages by themselves; rows are made, looked at and counted. */
export const reading =
  (flowOf: FlowOf, parallel: number, look?: (item: object) => unknown): Peer =>
  (setting) =>
    Promise.resolve({
      pass: async (rows) => {
        let read = 0
        await eachBatch(flowOf(setting, rows), parallel, (batch) => {
          read += batch.rows.length
          if (look !== undefined) for (const item of batch.rows) look(item as object)
          return Promise.resolve()
        })
        return read
      },
      close: nothingToClose,
    })

/** What comes out of the stages, partition by partition, or up to so many as a run opens them. */
async function eachBatch(
  { source, stages }: Route,
  parallel: number,
  take: (batch: RowBatch) => Promise<void>,
): Promise<void> {
  const { signal } = new AbortController()
  const context = { ...standaloneContext(signal), parallel }
  const reader = await source.open(context)
  try {
    await eachAsNeeded(parallel, reader.partitions, (partition, taking) => {
      const batches = reader.read(partition, undefined, 0, signal)
      const taken = (batch: RowBatch) => taking(() => take(batch))
      return streamThroughStages(batches, stages, context.run, signal, taken)
    })
  } finally {
    await reader.close()
  }
}
