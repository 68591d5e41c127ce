import { HeadraceError, messageOf } from '../core/errors.js'
import type { Progress } from '../run/progress.js'
import { exitCodeOfError, type ExitCode } from './exit-codes.js'
import { toJsonLine } from './json-lines.js'
import { liveProgress, sampledProgress, type ProgressDisplay } from './progress-display.js'
import { progressLine, progressLogLine } from './progress-line.js'
import { renderError } from './render/error.js'
import { createStyles, wantsColor, type Styles } from './styles.js'
import { escapeControls, escapeControlsInLines } from './terminal-text.js'

export interface OutputStream {
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
  write(text: string): unknown
}

export interface OutputOptions {
  readonly stdout: OutputStream
  readonly stderr: OutputStream
  readonly environment: NodeJS.ProcessEnv
  readonly nowMs: () => number
  /** JSON lines on stdout; nothing but errors on stderr. */
  readonly json: boolean
  /** Stack traces and causes of errors, and what is done on the way. */
  readonly verbose: boolean
  /** Neither progress nor messages, but for errors. */
  readonly quiet: boolean
}

const JSON_PROGRESS_EVERY_MS = 1_000
const LOG_PROGRESS_EVERY_MS = 5_000
const WIDTH_WITHOUT_TERMINAL = 100

/** Where everything goes: data to stdout, messages and progress to stderr, JSON lines if asked. */
export class Output {
  readonly json: boolean
  /** Columns that data may take. */
  readonly width: number
  /** For data. */
  readonly styles: Styles
  /** For messages. */
  readonly messageStyles: Styles
  readonly #options: OutputOptions
  readonly #progress: ProgressDisplay | undefined

  constructor(options: OutputOptions) {
    const { stdout, stderr, environment } = options
    this.json = options.json
    this.width = Math.max(40, stdout.columns ?? WIDTH_WITHOUT_TERMINAL)
    this.styles = createStyles(wantsColor(stdout.isTTY ?? false, environment))
    this.messageStyles = createStyles(wantsColor(stderr.isTTY ?? false, environment))
    this.#options = options
    this.#progress = options.quiet ? undefined : this.#progressDisplay()
  }

  /** What was asked for, as text for people; not with `--json`. */
  data(lines: readonly string[]): void {
    if (!this.json) this.#print(this.#options.stdout, lines)
  }

  /** What was asked for, as one line of JSON; only with `--json`. */
  event(event: object): void {
    if (this.json) this.#options.stdout.write(toJsonLine(event))
  }

  /** Something to know in passing. */
  note(message: string): void {
    if (this.json || this.#options.quiet) return
    this.#print(this.#options.stderr, [this.messageStyles.dim(escapeControls(message))])
  }

  /** What to do next, below the data. */
  advise(lines: readonly string[]): void {
    if (!this.json && !this.#options.quiet) this.#print(this.#options.stderr, lines)
  }

  /** Only with `--verbose`. */
  detail(message: string): void {
    if (this.#options.verbose) this.note(message)
  }

  warn(message: string): void {
    this.event({ event: 'warning', version: 1, message })
    if (this.json || this.#options.quiet) return
    const text = escapeControlsInLines(message)
    this.#print(this.#options.stderr, [`${this.messageStyles.yellow('warning:')} ${text}`])
  }

  /** Prints an error, whatever was thrown, of this pipeline, and returns what to exit with. */
  error(error: unknown, pipeline?: string): ExitCode {
    this.endProgress()
    const known = HeadraceError.is(error)
    const of = (known ? error.pipeline : undefined) ?? pipeline
    const exitCode = known ? exitCodeOfError(error.code) : 1
    this.event({
      event: 'error',
      version: 1,
      code: known ? error.code : 'BUG',
      message: messageOf(error),
      ...(known && error.hint !== undefined ? { hint: error.hint } : {}),
      ...(of === undefined ? {} : { pipeline: of }),
      exitCode,
    })
    this.complain(error, of)
    return exitCode
  }

  /** Prints an error for people only. */
  complain(error: unknown, pipeline?: string): void {
    this.#print(
      this.#options.stderr,
      renderError(error, pipeline, this.messageStyles, this.#options.verbose),
    )
  }

  readonly progress = (progress: Progress): void => {
    this.#progress?.update(progress)
  }

  /** Takes the progress line away. */
  endProgress(): void {
    this.#progress?.end()
  }

  #print(stream: OutputStream, lines: readonly string[]): void {
    if (lines.length === 0) return
    this.#progress?.clear()
    stream.write(`${lines.join('\n')}\n`)
    this.#progress?.restore()
  }

  #progressDisplay(): ProgressDisplay {
    const { stdout, stderr, environment, nowMs } = this.#options
    if (this.json) {
      const emit = (progress: Progress) => {
        stdout.write(toJsonLine({ event: 'progress', version: 1, ...progress }))
      }
      return sampledProgress(emit, JSON_PROGRESS_EVERY_MS, nowMs, 'first')
    }
    if ((stderr.isTTY ?? false) && environment['TERM'] !== 'dumb' && !isCi(environment)) {
      const line = (progress: Progress, width: number) =>
        progressLine(progress, width, this.messageStyles)
      return liveProgress(stderr, line, nowMs)
    }
    const emit = (progress: Progress) => stderr.write(`${progressLogLine(progress)}\n`)
    return sampledProgress(emit, LOG_PROGRESS_EVERY_MS, nowMs, 'later')
  }
}

function isCi(environment: NodeJS.ProcessEnv): boolean {
  const ci = environment['CI']
  return ci !== undefined && ci !== '' && ci !== 'false' && ci !== '0'
}
