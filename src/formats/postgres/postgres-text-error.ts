/** A value's text is not of the form that its type is printed in. */
export class PostgresTextError extends Error {
  /** Why, as a sentence without the value. */
  constructor(reason: string) {
    super(reason)
    this.name = 'PostgresTextError'
  }
}
