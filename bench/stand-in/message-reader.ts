const HEAD_END = Buffer.from('\r\n\r\n')
const LENGTH = /\r\ncontent-length: *(\d+)/i
const TARGET = /\r\nx-amz-target: *\w+\.(\w+)/i

export interface Message {
  /** What follows the dot in `x-amz-target`. */
  readonly operation: string
  readonly body: Buffer
  /** Of head and body together. */
  readonly bytes: number
}

/**
 * Cuts the bytes of one connection into requests, by their content length only: as little as a
 * server can do, so that what is measured is the client.
 */
export class MessageReader {
  #pending: Buffer[] = []
  #pendingBytes = 0
  /** Bytes needed before there is anything to look at. */
  #needed = 0

  /** The requests that these bytes complete. */
  push(chunk: Buffer): Message[] {
    this.#pending.push(chunk)
    this.#pendingBytes += chunk.length
    if (this.#pendingBytes < this.#needed) return []
    const pending = this.#joined()
    const messages: Message[] = []
    let from = 0
    for (;;) {
      const message = messageAt(pending, from)
      if (typeof message === 'number') {
        this.#keep(pending.subarray(from), message)
        return messages
      }
      messages.push(message)
      from += message.bytes
    }
  }

  #joined(): Buffer {
    const [first] = this.#pending
    return this.#pending.length === 1 && first !== undefined ? first : Buffer.concat(this.#pending)
  }

  #keep(rest: Buffer, needed: number): void {
    this.#pending = rest.length === 0 ? [] : [rest]
    this.#pendingBytes = rest.length
    this.#needed = needed
  }
}

/** The message that starts at `from`, or how many bytes it needs at least. */
function messageAt(buffer: Buffer, from: number): Message | number {
  const headEnd = buffer.indexOf(HEAD_END, from)
  if (headEnd < 0) return 0
  const head = buffer.toString('latin1', from, headEnd)
  const length = Number(LENGTH.exec(head)?.[1] ?? 0)
  const start = headEnd + HEAD_END.length
  const bytes = start - from + length
  if (buffer.length - from < bytes) return bytes
  return {
    operation: TARGET.exec(head)?.[1] ?? '',
    body: buffer.subarray(start, start + length),
    bytes,
  }
}
