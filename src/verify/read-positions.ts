import type { Json } from '../core/row-batch.js'

/** What `ReadPositions` are saved as: for each part that was begun, where it stands. */
export type SavedPositions = Readonly<Record<string, { readonly done: boolean; readonly at: Json }>>

/** How far the parts of a side are read. */
export class ReadPositions {
  readonly #at = new Map<string, Json | undefined>()
  readonly #done = new Set<string>()

  constructor(saved: SavedPositions = {}) {
    for (const [part, { done, at }] of Object.entries(saved)) {
      if (done) this.#done.add(part)
      else this.#at.set(part, at)
    }
  }

  isDone(part: string): boolean {
    return this.#done.has(part)
  }

  /** Where to go on; `undefined` for the start. */
  of(part: string): Json | undefined {
    return this.#at.get(part)
  }

  move(part: string, position: Json | undefined): void {
    this.#at.set(part, position)
  }

  done(part: string): void {
    this.#at.delete(part)
    this.#done.add(part)
  }

  /** `undefined` while a part is being read that tells no position. */
  save(): SavedPositions | undefined {
    const begun = [...this.#at].map(([part, at]) => [part, { done: false, at }] as const)
    if (begun.some(([, { at }]) => at === undefined)) return undefined
    const done = [...this.#done].map((part) => [part, { done: true, at: null }] as const)
    return Object.fromEntries([...done, ...begun]) as SavedPositions
  }
}
