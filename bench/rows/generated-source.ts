import { rowBatch } from '../../src/core/row-batch.js'
import { source, type Source } from '../../src/core/route.js'

const BATCH_ROWS = 500

/** A source of rows made from their numbers, which can be resumed and read again. */
export function fromGenerated<R extends object>(rows: number, make: (id: number) => R): Source<R> {
  return source<R>({
    type: 'generated',
    options: { rows },
    open: () =>
      Promise.resolve({
        label: 'generated',
        identity: { rows },
        columns: undefined,
        partitions: [{ id: 'all', rows }],
        consistency: 'snapshot',
        notResumable: undefined,
        fractionRead: () => undefined,
        async *read(partition, from, firstRow, signal) {
          const start = (from as number | undefined) ?? 0
          for (let at = start; at < rows; at += BATCH_ROWS) {
            signal.throwIfAborted()
            const count = Math.min(BATCH_ROWS, rows - at)
            const some = Array.from({ length: count }, (_, index) => make(at + index))
            yield rowBatch(some, {
              partition: partition.id,
              firstRow: firstRow + at - start,
              count,
              rows: some,
              cursor: at + count,
              locate: (index) => ({ of: 'generated', line: at + index + 1 }),
            })
          }
        },
        close: () => Promise.resolve(),
      }),
  })
}
