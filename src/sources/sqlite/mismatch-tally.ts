/** How many values that contradict their column are told in the warning. */
const SAMPLES_MAX = 3

export interface Mismatches {
  readonly column: string
  /** What the column holds, as its declared type or the options say. */
  readonly expected: string
  count: number
  readonly samples: string[]
}

/** Counts values that contradict their column, over the first reading of each partition. */
export class MismatchTally {
  readonly #columns = new Map<string, Mismatches>()
  readonly #counted = new Set<string>()
  #rows = 0

  /** Whether this reading of the partition is the first, and is to be counted. */
  begins(partition: string, from: unknown): boolean {
    if (this.#counted.has(partition) && from === undefined) return false
    this.#counted.add(partition)
    return true
  }

  rows(count: number): void {
    this.#rows += count
  }

  add(column: string, expected: string, sample: () => string): void {
    let mismatches = this.#columns.get(column)
    if (mismatches === undefined) {
      mismatches = { column, expected, count: 0, samples: [] }
      this.#columns.set(column, mismatches)
    }
    mismatches.count += 1
    if (mismatches.samples.length < SAMPLES_MAX) mismatches.samples.push(sample())
  }

  /** A sentence for each column, once. */
  takeReport(table: string, kept: boolean): string[] {
    const said = [...this.#columns.values()].map(({ column, expected, count, samples }) => {
      const more = count > samples.length ? ', …' : ''
      return (
        `${table}.${column} is ${expected}, but ${count} of the ${this.#rows} rows read hold ` +
        `something else, ${kept ? 'kept as it is' : 'and are rejected'}: ` +
        samples.join(', ') +
        more
      )
    })
    this.#columns.clear()
    return said
  }
}
