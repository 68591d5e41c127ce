interface Entry<T> {
  readonly at: number
  readonly order: number
  readonly value: T
}

/** Values that are due at a time, earliest first; those due at the same time in the order given. */
export class DueQueue<T> {
  /** A binary heap. */
  readonly #heap: Entry<T>[] = []
  #pushed = 0

  get size(): number {
    return this.#heap.length
  }

  /** When the first is due; `undefined` when empty. */
  get nextAt(): number | undefined {
    return this.#heap[0]?.at
  }

  push(value: T, at: number): void {
    const heap = this.#heap
    let index = heap.length
    const entry = { at, order: this.#pushed, value }
    this.#pushed += 1
    heap.push(entry)
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = heap[parent] as Entry<T>
      if (!before(entry, above)) break
      heap[index] = above
      index = parent
    }
    heap[index] = entry
  }

  /** Removes and gives the first if it is due. */
  popDue(now: number): T | undefined {
    const first = this.#heap[0]
    if (first === undefined || first.at > now) return undefined
    const last = this.#heap.pop() as Entry<T>
    if (this.#heap.length > 0) this.#sink(last)
    return first.value
  }

  #sink(entry: Entry<T>): void {
    const heap = this.#heap
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      const right = child + 1
      if (child >= heap.length) break
      if (right < heap.length && before(heap[right] as Entry<T>, heap[child] as Entry<T>)) {
        child = right
      }
      if (!before(heap[child] as Entry<T>, entry)) break
      heap[index] = heap[child] as Entry<T>
      index = child
    }
    heap[index] = entry
  }
}

function before(a: Entry<unknown>, b: Entry<unknown>): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
