import type { DynamodbTransport } from '../../stores/dynamodb/transport.js'
import { NOTHING_YET, type Phase, type Progress } from '../progress.js'

const REPORT_INTERVAL_MS = 250

interface Reported {
  readonly onProgress?: (progress: Progress) => void
}

/** Tells how far a backup is, now and then. */
export class BackupMeter {
  readonly #name: string
  readonly #expected: number | undefined
  readonly #report: Reported['onProgress']
  readonly #startedAt = performance.now()
  #reportedAt = -Infinity
  #items = 0
  #readUnits = 0

  /** @param expected items that the table has, about; `undefined` where that is unknown */
  constructor(name: string, expected: number | undefined, { onProgress }: Reported) {
    this.#name = name
    this.#expected = expected === 0 ? undefined : expected
    this.#report = onProgress
  }

  get readUnits(): number {
    return this.#readUnits
  }

  get elapsedMs(): number {
    return Math.round(performance.now() - this.#startedAt)
  }

  read(items: number): void {
    this.#items += items
    const expected = this.#expected
    this.#tell('reading', expected === undefined ? undefined : Math.min(1, this.#items / expected))
  }

  /** @param fraction of the file that was read back */
  verified(fraction: number): void {
    this.#tell('verifying', Math.min(1, fraction))
  }

  /** The same transport, which counts the read units of its answers. */
  measured(transport: DynamodbTransport): DynamodbTransport {
    return {
      endpoint: transport.endpoint,
      close: () => transport.close(),
      send: async (operation, body, signal) => {
        const response = await transport.send(operation, body, signal)
        const { ConsumedCapacity: consumed } = response.json as {
          readonly ConsumedCapacity?: { readonly CapacityUnits?: number }
        }
        this.#readUnits += consumed?.CapacityUnits ?? 0
        return response
      },
    }
  }

  #tell(phase: Phase, fraction: number | undefined): void {
    const now = performance.now()
    if (now - this.#reportedAt < REPORT_INTERVAL_MS) return
    this.#reportedAt = now
    const elapsedMs = now - this.#startedAt
    this.#report?.({
      ...NOTHING_YET,
      pipeline: this.#name,
      runId: '',
      phase,
      rows: { ...NOTHING_YET.rows, read: this.#items },
      fraction,
      itemsPerSecond: elapsedMs === 0 ? 0 : (this.#items / elapsedMs) * 1_000,
      elapsedMs,
    })
  }
}
