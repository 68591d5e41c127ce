const HEAD_END = Buffer.from('\r\n\r\n')
const LENGTH = /\r\ncontent-length: *(\d+)/i
const TARGET = /\r\nx-amz-target: *\w+\.(\w+)/i

export interface StandInMessage {
  /** What follows the dot in `x-amz-target`. */
  readonly operation: string
  readonly body: Buffer
}

/**
 * Cuts what arrives on one connection into requests, by their content length alone: as little work
 * as a server can do, so that the client is what is measured.
 */
export class StandInMessages {
  #pending: Buffer[] = []
  #pendingBytes = 0
  /** With fewer bytes there is no request to be found. */
  #bytesNeeded = 0

  /** The requests that these bytes complete. */
  push(chunk: Buffer): StandInMessage[] {
    this.#pending.push(chunk)
    this.#pendingBytes += chunk.length
    if (this.#pendingBytes < this.#bytesNeeded) return []
    const bytes = this.#pending.length === 1 ? chunk : Buffer.concat(this.#pending)
    const messages: StandInMessage[] = []
    let from = 0
    for (;;) {
      const end = endOfMessage(bytes, from)
      if (end.at === undefined || end.at > bytes.length) {
        this.#keep(bytes.subarray(from), end.at === undefined ? 0 : end.at - from)
        return messages
      }
      messages.push({ operation: end.operation, body: bytes.subarray(end.bodyFrom, end.at) })
      from = end.at
    }
  }

  #keep(rest: Buffer, bytesNeeded: number): void {
    this.#pending = rest.length === 0 ? [] : [rest]
    this.#pendingBytes = rest.length
    this.#bytesNeeded = bytesNeeded
  }
}

/** Where the message that starts at `from` ends; `at` is not known before its head is there. */
function endOfMessage(
  bytes: Buffer,
  from: number,
): { readonly at: number | undefined; readonly bodyFrom: number; readonly operation: string } {
  const headEnd = bytes.indexOf(HEAD_END, from)
  if (headEnd < 0) return { at: undefined, bodyFrom: from, operation: '' }
  const head = bytes.toString('latin1', from, headEnd)
  const bodyFrom = headEnd + HEAD_END.length
  return {
    at: bodyFrom + Number(LENGTH.exec(head)?.[1] ?? 0),
    bodyFrom,
    operation: TARGET.exec(head)?.[1] ?? '',
  }
}
