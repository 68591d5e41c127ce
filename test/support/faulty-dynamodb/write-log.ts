import type { Write } from './backend.js'
import type { WireItem } from './item-size.js'

/** A write that took effect. */
export interface AppliedWrite {
  /** Since the server started. */
  readonly atMs: number
  /** Number of the request it came with, from 1. */
  readonly request: number
  readonly table: string
  /** Such as `["a","b"]`. */
  readonly key: string
  readonly kind: 'put' | 'delete'
  readonly item: WireItem
  /** Its client had been told of a failure, or had gone, before. */
  readonly late: boolean
}

/** Two requests under way at the same time with one key. */
export interface Overlap {
  readonly table: string
  readonly key: string
  readonly requests: readonly [number, number]
}

/** What took effect, in that order, and what was under way together. */
export class WriteLog {
  readonly applied: AppliedWrite[] = []
  readonly overlaps: Overlap[] = []
  readonly #underWay = new Map<string, number>()
  readonly #startedAt = performance.now()

  /**
   * A request begins. The result ends it, just before its answer is sent, or when its client goes;
   * a client that gives up and sends again within the same millisecond may still seem to overlap.
   */
  begin(request: number, writes: readonly Write[]): () => void {
    const names = writes.map(({ table, key }) => `${table.name} ${key}`)
    writes.forEach(({ table, key }, i) => {
      const name = names[i] as string
      const other = this.#underWay.get(name)
      if (other === undefined) this.#underWay.set(name, request)
      else this.overlaps.push({ table: table.name, key, requests: [other, request] })
    })
    return () => {
      for (const name of names) {
        if (this.#underWay.get(name) === request) this.#underWay.delete(name)
      }
    }
  }

  add(request: number, writes: readonly Write[], late: boolean): void {
    const atMs = performance.now() - this.#startedAt
    for (const { table, key, item, kind } of writes) {
      this.applied.push({ atMs, request, table: table.name, key, kind, item, late })
    }
  }
}
