import { setTimeout as sleep } from 'node:timers/promises'
import type { RowBatch } from '../../src/core/row-batch.js'
import type { SettledItem } from '../../src/core/settlement.js'
import type { Sink, WriterContext } from '../../src/core/sink.js'

interface Keyed {
  readonly pk: string
}

/** A sink that settles items under their keys and stores nothing, after a pause for each batch. */
export function toKeyedNothing(pauseMs: number): Sink<Keyed> {
  return {
    kind: 'sink',
    type: 'keyedNothing',
    options: { pauseMs },
    connect: () =>
      Promise.resolve({
        identity: { store: 'nothing' },
        report: {
          label: 'nothing',
          exists: true,
          preparations: [],
          warnings: [],
          facts: [],
          writeUnitsPerSecond: undefined,
          usdPerMillionWriteUnits: undefined,
        },
        duplicates: 'last',
        uniqueKeys: false,
        encode: ({ pk }: Keyed) => ({ key: pk, text: pk, bytes: pk.length, writeUnits: 1 }),
        prepare: () => Promise.resolve(),
        openWriter: (context: WriterContext) =>
          Promise.resolve({
            write: async (batch: RowBatch<Keyed>) => {
              if (pauseMs > 0) await sleep(pauseMs)
              context.settled(settlementOf(batch))
            },
            flush: () => Promise.resolve(),
            stats: () => NO_STATS,
            close: () => Promise.resolve(),
          }),
        async *scan() {},
        get: () => Promise.resolve([]),
        close: () => Promise.resolve(),
      }),
    writable: () => {
      throw new Error('This sink is opened by runs only')
    },
  }
}

const NO_STATS = {
  writeUnits: 0,
  throttled: 0,
  retried: 0,
  inFlight: 0,
  limitUnitsPerSecond: Infinity,
  waitingFor: 'target',
} as const

function settlementOf({ rows, origins, slice, skipped, rejected }: RowBatch<Keyed>) {
  const items = rows.map(({ pk }, index): SettledItem => {
    return { row: origins?.[index] ?? index, key: pk, status: 'stored' }
  })
  return { slice, items, skipped, rejected, sentDigest: new Uint32Array(8) }
}
