import { performance } from 'node:perf_hooks'
import { Starvation, type Moment } from './starvation.js'

/** Takes what was made, and says when it could take more. */
export type Taking = (work: () => Promise<void>) => Promise<void>

/** Time, to be told by another in tests. */
export interface Watch {
  now(): Moment
  /** Looks every so often, until what it returns is called. */
  every(ms: number, look: () => void): () => void
}

const LOOK_EVERY_MS = 5

/** That of the thread. */
const WATCH: Watch = {
  now: () => ({ atMs: performance.now(), idleMs: performance.eventLoopUtilization().idle }),
  every: (ms, look) => {
    const timer = setInterval(look, ms)
    return () => clearInterval(timer)
  },
}

/**
 * Runs `work` for each value, in order of start: for one at first, and for one more at a time, up
 * to `most`, whenever what they make is too little for what takes it. Work passes through `taking`
 * what it hands on: while that is waited for, or the thread is busy, more work would not help.
 * After a failure no more is started; it rejects with the first failure once all under way has
 * ended.
 * @param isStuck what was made cannot be taken now, and what is made for another value could
 */
export async function eachAsNeeded<T>(
  most: number,
  values: readonly T[],
  work: (value: T, taking: Taking) => Promise<void>,
  isStuck: () => boolean = () => false,
  watch: Watch = WATCH,
): Promise<void> {
  const failures: unknown[] = []
  let next = 0
  const starvation = new Starvation(watch.now())
  const taking: Taking = async (take) => {
    starvation.take(watch.now())
    try {
      await take()
    } finally {
      starvation.took(watch.now())
    }
  }
  const lanes: Promise<void>[] = []
  const mayStart = () => next < values.length && failures.length === 0
  const lane = async () => {
    while (mayStart()) {
      const value = values[next] as T
      next += 1
      try {
        await work(value, taking)
      } catch (error) {
        failures.push(error)
      }
    }
  }
  const mayOpen = () => lanes.length < most && mayStart()
  lanes.push(lane())
  let stop = () => {}
  if (mayOpen()) {
    stop = watch.every(LOOK_EVERY_MS, () => {
      if (mayOpen() && starvation.starves(watch.now(), isStuck())) lanes.push(lane())
      if (!mayOpen()) stop()
    })
  }
  // More may be opened until the first have ended: then nothing is left to start.
  for (const opened of lanes) await opened
  stop()
  if (failures.length > 0) throw failures[0]
}
