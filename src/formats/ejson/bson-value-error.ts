/** A value of a document that is not what its type says, or cannot be represented. */
export class BsonValueError extends Error {
  override readonly name = 'BsonValueError'
  /** What is wrong, without the value: the same for the same kind of mistake. */
  readonly reason: string
  /** Names and indexes that lead to the value, outermost last; filled in on the way out. */
  readonly path: string[] = []

  constructor(reason: string) {
    super(reason)
    this.reason = reason
  }

  /** `address.lines.0`; empty for the document itself. */
  get column(): string {
    return this.path.toReversed().join('.')
  }
}

/** Runs `read` for a member of a document, and notes where in it something was wrong. */
export function atMember<T>(name: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof BsonValueError) error.path.push(name)
    throw error
  }
}
