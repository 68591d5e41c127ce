import { setTimeout as sleep } from 'node:timers/promises'
import type { RejectedRow, RowBatch } from '../../src/core/row-batch.js'
import type { SettledItem } from '../../src/core/settlement.js'
import {
  isViolation,
  type EncodedItem,
  type Sink,
  type SinkWriter,
  type Target,
  type WriterContext,
} from '../../src/core/sink.js'
import { createItemEncoder } from '../../src/formats/dynamodb/item-encoder.js'

export interface NothingOptions<I> {
  /** What is done with each item. @default it gets no key */
  readonly encode?: (item: I) => ReturnType<Target['encode']>
  /** A pause for each batch. @default 0 */
  readonly pauseMs?: number
}

const KEYLESS: EncodedItem = { key: '', text: '{}', bytes: 2, writeUnits: 0 }

/** A sink that stores what it is given nowhere, and settles it at once. */
export function toNothing<I extends object>(options: NothingOptions<I> = {}): Sink<I> {
  const { encode = () => KEYLESS, pauseMs = 0 } = options
  return {
    kind: 'sink',
    type: 'nothing',
    options: { pauseMs },
    connect: () =>
      Promise.resolve({
        identity: { store: 'nothing' },
        report: REPORT,
        duplicates: 'last',
        uniqueKeys: options.encode === undefined,
        encode,
        prepare: () => Promise.resolve(),
        openWriter: (context: WriterContext) => Promise.resolve(writer(context, encode, pauseMs)),
        async *scan() {},
        get: () => Promise.resolve([]),
        close: () => Promise.resolve(),
      }),
    writable: () => {
      throw new Error('Nothing is opened by runs only')
    },
  }
}

/** Encodes items of the table `app`. */
export function smallItemEncoder(): (item: object) => ReturnType<Target['encode']> {
  const encoder = createItemEncoder({
    partitionKey: { name: 'pk', type: 'S' },
    sortKey: { name: 'sk', type: 'S' },
  })
  return (item) => encoder.encode(item)
}

const REPORT = {
  label: 'nothing',
  exists: true,
  preparations: [],
  warnings: [],
  facts: [],
  writeUnitsPerSecond: undefined,
  usdPerMillionWriteUnits: undefined,
}

const NO_STATS = {
  writeUnits: 0,
  throttled: 0,
  retried: 0,
  inFlight: 0,
  limitUnitsPerSecond: Infinity,
  waitingFor: 'target',
} as const

function writer<I>(
  context: WriterContext,
  encode: NonNullable<NothingOptions<I>['encode']>,
  pauseMs: number,
): SinkWriter<I> {
  return {
    write: async (batch: RowBatch<I>) => {
      if (pauseMs > 0) await sleep(pauseMs)
      const { rows, origins, slice, skipped } = batch
      const rejected: RejectedRow[] = [...batch.rejected]
      const items: SettledItem[] = []
      for (let index = 0; index < rows.length; index += 1) {
        const row = origins?.[index] ?? index
        const encoded = encode(rows[index] as I)
        if (isViolation(encoded)) rejected.push({ row, stage: 'nothing', reason: encoded.reason })
        else items.push({ row, key: encoded.key, status: 'stored' })
      }
      context.settled({ slice, items, skipped, rejected, sentDigest: new Uint32Array(8) })
    },
    flush: () => Promise.resolve(),
    stats: () => NO_STATS,
    close: () => Promise.resolve(),
  }
}
