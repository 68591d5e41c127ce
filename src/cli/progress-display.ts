import type { Phase, Progress } from '../run/progress.js'

export interface ProgressDisplay {
  update(progress: Progress): void
  /** Takes a live line away, so that something else can be printed. */
  clear(): void
  /** Shows it again. */
  restore(): void
  /** Takes it away for good: what it was about is over. */
  end(): void
}

export interface LiveStream {
  readonly columns?: number | undefined
  write(text: string): unknown
}

const REDRAW_EVERY_MS = 100
const CLEAR_LINE = '\r\u001b[2K'

/** One line at the bottom of a terminal, drawn anew at most ten times a second. */
export function liveProgress(
  stream: LiveStream,
  line: (progress: Progress, width: number) => string,
  nowMs: () => number,
): ProgressDisplay {
  let shown: Progress | undefined
  let drawnAtMs = Number.NEGATIVE_INFINITY
  const draw = () => {
    if (shown === undefined) return
    // The last column is left free: writing into it would wrap on some terminals.
    stream.write(`${CLEAR_LINE}${line(shown, (stream.columns ?? 80) - 1)}`)
  }
  const clear = () => {
    if (shown !== undefined) stream.write(CLEAR_LINE)
  }
  return {
    update(progress) {
      const changed = shown?.phase !== progress.phase || shown.pipeline !== progress.pipeline
      shown = progress
      if (!changed && nowMs() - drawnAtMs < REDRAW_EVERY_MS) return
      drawnAtMs = nowMs()
      draw()
    },
    clear,
    restore: draw,
    end() {
      clear()
      shown = undefined
    },
  }
}

/** Passes one moment of each pipeline on every `everyMs`, and each change of phase but the last. */
export function sampledProgress(
  emit: (progress: Progress) => void,
  everyMs: number,
  nowMs: () => number,
  startsWith: 'first' | 'later',
): ProgressDisplay {
  let pipeline: string | undefined
  let phase: Phase | undefined
  let emittedAtMs = 0
  return {
    update(progress) {
      const isNew = progress.pipeline !== pipeline
      const isNewPhase = !isNew && progress.phase !== phase && progress.phase === 'verifying'
      pipeline = progress.pipeline
      phase = progress.phase
      if (isNew && startsWith === 'later') {
        emittedAtMs = nowMs()
        return
      }
      if (!isNew && !isNewPhase && nowMs() - emittedAtMs < everyMs) return
      emittedAtMs = nowMs()
      emit(progress)
    },
    clear: () => undefined,
    restore: () => undefined,
    end: () => undefined,
  }
}
