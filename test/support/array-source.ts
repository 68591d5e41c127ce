import { rowBatch } from '../../src/core/row-batch.js'
import { source, type Source } from '../../src/core/route.js'

export interface ArraySourceOptions {
  readonly batchRows?: number
  /** Rows are dealt out to so many partitions, in stretches. @default 1 */
  readonly partitions?: number
  readonly notResumable?: string
  /** Called before each batch is handed over. */
  readonly beforeBatch?: (firstRow: number) => Promise<void> | void
}

/** A source over rows in memory, which can be resumed from any batch. */
export function fromArray<R extends object>(
  rows: readonly R[],
  options: ArraySourceOptions = {},
): Source<R> {
  const { batchRows = 100, partitions = 1 } = options
  const stretch = Math.max(1, Math.ceil(rows.length / partitions))
  return source<R>({
    type: 'array',
    options: { rows: rows.length, batchRows, partitions },
    open: async () => {
      let handed = 0
      return {
        label: 'array',
        identity: { rows: rows.length },
        columns: undefined,
        partitions: Array.from({ length: partitions }, (_, index) => ({ id: `part ${index}` })),
        consistency: 'snapshot',
        notResumable: options.notResumable,
        fractionRead: () => (rows.length === 0 ? 1 : handed / rows.length),
        async *read(partition, from, firstRow, signal) {
          const number = Number(partition.id.slice(5))
          const mine = rows.slice(number * stretch, (number + 1) * stretch)
          for (let at = (from as number | undefined) ?? 0; at < mine.length; at += batchRows) {
            signal.throwIfAborted()
            await options.beforeBatch?.(at)
            const some = mine.slice(at, at + batchRows)
            handed += some.length
            yield rowBatch(some, {
              partition: partition.id,
              firstRow: firstRow + at - ((from as number | undefined) ?? 0),
              count: some.length,
              rows: some,
              cursor: at + some.length,
              locate: (index) => ({ of: partition.id, line: at + index + 1 }),
            })
          }
        },
        close: async () => {},
      }
    },
  })
}
