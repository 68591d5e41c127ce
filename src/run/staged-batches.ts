import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { RowBatch } from '../core/row-batch.js'
import type { RunContext } from '../core/run-context.js'
import type { Stage } from '../core/stage.js'
import { openStages } from '../flow/stage-transform.js'

/** Batches on their way through freshly opened stages, each awaited by `take` before the next. */
export async function streamThroughStages(
  batches: AsyncIterable<RowBatch> | Iterable<RowBatch>,
  stages: readonly Stage<never, unknown>[],
  run: RunContext,
  signal: AbortSignal,
  take: (batch: RowBatch) => Promise<void>,
): Promise<void> {
  const sink = new Writable({
    objectMode: true,
    highWaterMark: 1,
    write(batch: RowBatch, _encoding, done) {
      void settle(take(batch), done)
    },
  })
  const source = Readable.from(batches, { objectMode: true, highWaterMark: 1 })
  await pipeline([source, ...openStages(stages, run, signal), sink], { signal })
}

/** Calls back once, with the error if there was one. */
async function settle(work: Promise<void>, done: (error?: Error) => void): Promise<void> {
  let problem: Error | undefined
  try {
    await work
  } catch (error) {
    problem = error instanceof Error ? error : new Error(String(error))
  }
  done(problem)
}

/** Batches behind freshly opened stages, read as they are asked for. */
export async function* stagedBatches(
  batches: AsyncIterable<RowBatch>,
  stages: readonly Stage<never, unknown>[],
  run: RunContext,
  signal: AbortSignal,
): AsyncGenerator<RowBatch> {
  const source = Readable.from(batches, { objectMode: true, highWaterMark: 1 })
  const transforms = openStages(stages, run, signal)
  const last = transforms.at(-1) ?? source
  const flowing =
    transforms.length === 0 ? Promise.resolve() : pipeline([source, ...transforms], { signal })
  // The reader of `last` is told of a failure as well, and sooner.
  flowing.catch(() => undefined)
  yield* last as AsyncIterable<RowBatch>
  await flowing
}

/** What the stages make of one batch. */
export async function stagedOnce(
  batch: RowBatch,
  stages: readonly Stage<never, unknown>[],
  run: RunContext,
  signal: AbortSignal,
): Promise<RowBatch[]> {
  const staged: RowBatch[] = []
  await streamThroughStages([batch], stages, run, signal, (made) => {
    staged.push(made)
    return Promise.resolve()
  })
  return staged
}

/**
 * Ends quietly when reading is to stop, whatever the source makes of being stopped: also one that
 * hangs is not waited for. What was read is passed on. Other failures are the caller's.
 */
export async function* untilStopped(
  batches: AsyncIterable<RowBatch>,
  stop: AbortSignal,
): AsyncGenerator<RowBatch> {
  const reading = batches[Symbol.asyncIterator]()
  let ended = false
  try {
    for (;;) {
      const next = await nextUnlessStopped(reading, stop)
      ended = next === undefined || next.done === true
      if (next === undefined || next.done === true) return
      yield next.value
    }
  } catch (error) {
    ended = true
    if (!stop.aborted) throw error
  } finally {
    if (!ended) await reading.return?.()
    // One that hangs lets go when it is closed.
    else void reading.return?.().catch(() => undefined)
  }
}

/** The next batch; `undefined` when reading is to stop, at once. */
async function nextUnlessStopped(
  reading: AsyncIterator<RowBatch>,
  stop: AbortSignal,
): Promise<IteratorResult<RowBatch> | undefined> {
  if (stop.aborted) return undefined
  let onStop = () => {}
  const stopped = new Promise<undefined>((resolve) => {
    onStop = () => resolve(undefined)
  })
  stop.addEventListener('abort', onStop, { once: true })
  try {
    return await Promise.race([reading.next(), stopped])
  } finally {
    stop.removeEventListener('abort', onStop)
  }
}
