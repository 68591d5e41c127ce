/** What was opened so far, to be closed in the opposite order. */
export class Opening {
  readonly #closers: (() => Promise<void>)[] = []

  done(close: () => Promise<void>): void {
    this.#closers.push(close)
  }

  async undo(): Promise<void> {
    await this.close().catch(() => undefined)
  }

  /** Closes everything, also where some of it fails; throws the first failure then. */
  async close(): Promise<void> {
    const failures: unknown[] = []
    for (const close of this.#closers.reverse()) {
      await close().catch((error: unknown) => failures.push(error))
    }
    if (failures.length > 0) throw failures[0]
  }
}
