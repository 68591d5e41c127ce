const ENTRIES_MAX = 1_000
const CACHED_NAMES_MAX = 200

/**
 * Remembers what was worked out for lists of names, since rows of one source share a few; holds at
 * most a thousand.
 */
export class NamesCache<T> {
  readonly #make: (names: readonly string[]) => T
  readonly #entries = new Map<string, Entry<T>>()
  #last: Entry<T>

  constructor(make: (names: readonly string[]) => T) {
    this.#make = make
    this.#last = { names: [], made: make([]) }
  }

  /** What was made for these names in this order. */
  of(names: readonly string[]): T {
    if (!sameNames(names, this.#last.names)) this.#last = this.#find(names)
    return this.#last.made
  }

  #find(names: readonly string[]): Entry<T> {
    if (names.length > CACHED_NAMES_MAX) return { names, made: this.#make(names) }
    const id = names.join('\n')
    const known = this.#entries.get(id)
    if (known !== undefined && sameNames(names, known.names)) return known
    const entry = { names, made: this.#make(names) }
    if (this.#entries.size >= ENTRIES_MAX) this.#entries.clear()
    this.#entries.set(id, entry)
    return entry
  }
}

interface Entry<T> {
  readonly names: readonly string[]
  readonly made: T
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false
  for (let index = 0; index < a.length; index += 1) if (a[index] !== b[index]) return false
  return true
}
