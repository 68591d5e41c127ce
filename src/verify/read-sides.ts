import type { StoredItem, Target } from '../core/sink.js'

/** An item as a side gives it: any `EncodedItem` or `StoredItem`. */
export type SideItem = Pick<StoredItem, 'key' | 'text'>

/** The items of the source in its order, from the start each time; keys may repeat. */
export type SourceSide = (signal: AbortSignal) => AsyncIterable<readonly SideItem[]>

/** The items of the target: scanned in parallel segments, and by key. */
export type TargetSide = Pick<Target, 'scan' | 'get'>

export interface Reader {
  readonly batches: (signal: AbortSignal) => AsyncIterable<readonly SideItem[]>
  readonly take: (items: readonly SideItem[]) => void
}

/** A reader for each segment of the target. */
export function targetReaders(
  target: TargetSide,
  segments: number,
  take: Reader['take'],
): Reader[] {
  return Array.from({ length: segments }, (_, segment) => ({
    batches: (signal) => target.scan(segment, segments, signal),
    take,
  }))
}

/** Reads all at once, each to its end. When one fails, the others are stopped before it throws. */
export async function readTogether(readers: readonly Reader[], signal: AbortSignal): Promise<void> {
  const stop = new AbortController()
  const stopped = AbortSignal.any([signal, stop.signal])
  const reading = readers.map((reader) => read(reader, stopped))
  try {
    await Promise.all(reading)
  } catch (error) {
    stop.abort(error)
    await Promise.allSettled(reading)
    throw error
  }
}

async function read({ batches, take }: Reader, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  for await (const items of batches(signal)) {
    signal.throwIfAborted()
    take(items)
  }
  // A source may just end when it is aborted: half of it must not pass for the whole.
  signal.throwIfAborted()
}
