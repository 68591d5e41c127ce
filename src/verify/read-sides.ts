import { setMaxListeners } from 'node:events'
import type { Json } from '../core/row-batch.js'
import type { StoredItem, Target } from '../core/sink.js'
import { eachAsNeeded } from '../flow/each-as-needed.js'
import type { ReadPositions } from './read-positions.js'

/** An item as a side gives it: any `EncodedItem` or `StoredItem`. */
export type SideItem = Pick<StoredItem, 'key' | 'text'>

export interface SourceItems {
  readonly items: readonly SideItem[]
  /** Where to go on behind them; `undefined` where the part must be read from its start again. */
  readonly position: Json | undefined
}

/** What the source should have stored, in parts; keys may repeat. */
export interface SourceSide {
  /** Ids of the parts, in order. */
  readonly parts: readonly string[]
  /** Parts to read at once at most: 1 where the order of items with one key matters. */
  readonly partsAtOnce: number
  /** The items of a part in its order, behind a position or from the start. */
  read(part: string, from: Json | undefined, signal: AbortSignal): AsyncIterable<SourceItems>
}

/** The items of the target: scanned in parallel segments, and by key. */
export type TargetSide = Pick<Target, 'scan' | 'get'>

export type Take = (items: readonly SideItem[]) => void
export type Reading = (signal: AbortSignal) => Promise<void>

/** Reads what is left of the source. When one part fails, the others are stopped. */
export function sourceReading(side: SourceSide, positions: ReadPositions, take: Take): Reading {
  const read = async (part: string, signal: AbortSignal): Promise<void> => {
    for await (const { items, position } of side.read(part, positions.of(part), signal)) {
      signal.throwIfAborted()
      positions.move(part, position)
      take(items)
    }
    // A source may just end when it is aborted: half of it must not pass for the whole.
    signal.throwIfAborted()
    positions.done(part)
  }
  return async (signal) => {
    const left = side.parts.filter((part) => !positions.isDone(part))
    const stop = new AbortController()
    const stopped = listenable(signal, stop.signal)
    await eachAsNeeded(side.partsAtOnce, left, async (part) => {
      try {
        await read(part, stopped)
      } catch (error) {
        stop.abort(error)
        throw error
      }
    })
  }
}

/** A reading for each segment of the target. */
export function targetReadings(
  target: TargetSide,
  segments: number,
  positions: ReadPositions,
  take: Take,
): Reading[] {
  return Array.from({ length: segments }, (_, segment) => async (signal) => {
    const id = String(segment)
    if (positions.isDone(id)) return
    const after = positions.of(id) as string | undefined
    for await (const items of target.scan(segment, segments, signal, after)) {
      signal.throwIfAborted()
      positions.move(id, items.at(-1)?.key)
      take(items)
    }
    signal.throwIfAborted()
    positions.done(id)
  })
}

/** Reads all at once, each to its end. When one fails, the others are stopped before it throws. */
export async function readTogether(
  readings: readonly Reading[],
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted()
  const stop = new AbortController()
  const stopped = listenable(signal, stop.signal)
  const under = readings.map((reading) => reading(stopped))
  try {
    await Promise.all(under)
  } catch (error) {
    stop.abort(error)
    await Promise.allSettled(under)
    throw error
  }
}

/** Aborted with either. Each that reads listens to it several times. */
function listenable(...signals: readonly AbortSignal[]): AbortSignal {
  const either = AbortSignal.any([...signals])
  setMaxListeners(0, either)
  return either
}
