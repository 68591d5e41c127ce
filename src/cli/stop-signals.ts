export interface StopSignals {
  /** Aborted by the first Ctrl-C: end in order. */
  readonly signal: AbortSignal
  /** Aborted by the second: end at once. */
  readonly abort: AbortSignal
  dispose(): void
}

export interface StopListeners {
  /** Called at the first, with the signal's name. */
  readonly onStop: (name: NodeJS.Signals) => void
  /** Called at the second, when `abort` has been aborted. */
  readonly onAbort: (name: NodeJS.Signals) => void
}

const NAMES: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM']

/** Turns the first SIGINT or SIGTERM into an orderly end, and the second into an abrupt one. */
export function listenForStop(listeners: StopListeners, emitter: NodeJS.EventEmitter): StopSignals {
  const stop = new AbortController()
  const abort = new AbortController()
  const handler = (name: NodeJS.Signals) => {
    if (!stop.signal.aborted) {
      listeners.onStop(name)
      stop.abort()
      return
    }
    abort.abort()
    listeners.onAbort(name)
  }
  for (const name of NAMES) emitter.on(name, handler)
  return {
    signal: stop.signal,
    abort: abort.signal,
    dispose() {
      for (const name of NAMES) emitter.off(name, handler)
    },
  }
}
