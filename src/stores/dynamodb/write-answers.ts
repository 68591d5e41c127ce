import { parseAnswer, type ReceivedAnswer } from './sdk-requests.js'

/** Longer answers say what was not done, and seldom the same twice. */
const BYTES_MAX = 1024

/**
 * Parses answers to writes, nearly all of which say the same as the one before, byte for byte: they
 * are then given the same object, which nobody may change.
 */
export class WriteAnswers {
  #bytes: Buffer = Buffer.alloc(0)
  #json: unknown

  /** @throws MalformedResponse */
  parse(status: number, { body }: ReceivedAnswer): unknown {
    if (this.#bytes.length > 0 && this.#bytes.equals(body)) return this.#json
    const json = parseAnswer('BatchWriteItem', status, body)
    if (body.length <= BYTES_MAX) {
      // A copy, as the body is part of something larger.
      this.#bytes = Buffer.from(body)
      this.#json = json
    }
    return json
  }
}
