/** A server that speaks DynamoDB's protocol and stands in for it on this machine. */
export type LocalEngine = 'dynalite' | 'dynoxide'

export interface RunningEngine {
  readonly engine: LocalEngine
  /** Such as `http://127.0.0.1:40123`. */
  readonly endpoint: string
  /** Finishes what is under way and writes it out; can be called again. */
  close(): Promise<void>
}

export interface EngineOptions {
  /** Where data is kept: a folder for dynalite, a file for dynoxide; in memory without it. */
  readonly path?: string
  readonly signal?: AbortSignal
}

export const LOOPBACK = '127.0.0.1'
