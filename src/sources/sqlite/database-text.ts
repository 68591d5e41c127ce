import { TextDecoder } from 'node:util'
import type { SqliteConnection } from '../../stores/sqlite/sqlite-connection.js'

/** Decodes the bytes of texts, in the encoding that the database has for all of them. */
export class DatabaseText {
  readonly #decoder: TextDecoder

  constructor(connection: SqliteConnection) {
    const encoding = connection.prepare('PRAGMA encoding').all([])[0]?.[0]
    const name = encoding === 'UTF-16be' ? 'utf-16be' : 'utf-8'
    const decoded = encoding === 'UTF-16le' ? 'utf-16le' : name
    this.#decoder = new TextDecoder(decoded, { fatal: true, ignoreBOM: true })
  }

  /** `undefined` where the bytes are no text of that encoding. */
  decode(bytes: Uint8Array): string | undefined {
    try {
      return this.#decoder.decode(bytes)
    } catch {
      return undefined
    }
  }

  /** Every driver reads such texts right: well-formed, and without NUL. */
  isClean(bytes: Uint8Array): boolean {
    return this.decode(bytes)?.includes('\0') === false
  }
}
