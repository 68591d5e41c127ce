import type { RowBatch } from '../../src/core/row-batch.js'
import type { SettledItem } from '../../src/core/settlement.js'
import type { Sink, SinkWriter, WriterContext } from '../../src/core/sink.js'

const NOTHING = {
  writeUnits: 0,
  throttled: 0,
  retried: 0,
  inFlight: 0,
  limitUnitsPerSecond: Infinity,
  waitingFor: 'rows',
} as const

/** A sink without keys that stores what it is given nowhere, and settles it at once. */
export function toNothing<I extends object>(): Sink<I> {
  return {
    kind: 'sink',
    type: 'nothing',
    options: {},
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
        uniqueKeys: true,
        encode: () => ({ key: '', text: '{}', bytes: 2, writeUnits: 0 }),
        prepare: () => Promise.resolve(),
        openWriter: (context: WriterContext) => Promise.resolve(writer(context)),
        async *scan() {},
        get: () => Promise.resolve([]),
        close: () => Promise.resolve(),
      }),
    writable: () => {
      throw new Error('Nothing is opened by runs only')
    },
  }
}

function writer(context: WriterContext): SinkWriter {
  return {
    write: (batch: RowBatch) => {
      const { rows, origins, slice, skipped, rejected } = batch
      const items = rows.map((_, index): SettledItem => {
        return { row: origins?.[index] ?? index, key: '', status: 'stored' }
      })
      context.settled({ slice, items, skipped, rejected, sentDigest: new Uint32Array(8) })
      return Promise.resolve()
    },
    flush: () => Promise.resolve(),
    stats: () => NOTHING,
    close: () => Promise.resolve(),
  }
}
