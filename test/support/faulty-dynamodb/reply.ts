import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import type { Answer } from './answer.js'

const PIECES = 8

/** The answer to one request, in one of the ways an answer can go. */
export class Reply {
  readonly #response: ServerResponse
  #ended = false
  #onEnd: (() => void) | undefined
  /** Resolves when the connection is no more, from whichever side. */
  readonly gone: Promise<void>
  isGone = false

  constructor(response: ServerResponse) {
    this.#response = response
    response.on('error', () => undefined)
    this.gone = new Promise((resolve) => {
      response.once('close', () => {
        this.isGone = true
        this.#end()
        resolve()
      })
    })
  }

  /** Whether the client has its answer, or has gone. */
  get isOver(): boolean {
    return this.#ended
  }

  /** Called once, just before the answer is sent, or when the client goes. */
  onEnd(listener: () => void): void {
    if (this.#ended) listener()
    else this.#onEnd = listener
  }

  answer(answer: Answer): void {
    this.#send(answer.status, JSON.stringify(answer.body))
  }

  text(status: number, text: string): void {
    this.#send(status, text)
  }

  /** Cuts the connection without a word. */
  reset(): void {
    this.#end()
    this.#response.socket?.resetAndDestroy()
  }

  /** Promises the whole, sends a half, and cuts the connection. */
  truncate({ status, body }: Answer): void {
    const whole = Buffer.from(JSON.stringify(body))
    this.#end()
    this.#head(status, whole)
    this.#response.write(whole.subarray(0, whole.length >> 1), () => this.#response.destroy())
  }

  async trickle({ status, body }: Answer, overMs: number): Promise<void> {
    const whole = Buffer.from(JSON.stringify(body))
    this.#head(status, whole)
    const size = Math.ceil(whole.length / PIECES)
    for (let start = 0; start < whole.length && !this.isGone; start += size) {
      await sleep(overMs / PIECES)
      if (start + size >= whole.length) this.#end()
      this.#response.write(whole.subarray(start, start + size))
    }
    this.#response.end()
  }

  #send(status: number, text: string): void {
    this.#end()
    this.#head(status, text)
    // Head and body go out as one text, in one piece.
    this.#response.end(text)
  }

  #head(status: number, whole: Buffer | string): void {
    if (this.#response.headersSent) return
    this.#response.writeHead(status, {
      'content-type': 'application/x-amz-json-1.0',
      'content-length': Buffer.byteLength(whole),
      'x-amzn-requestid': randomUUID(),
      'x-amz-crc32': crc32(whole),
    })
  }

  #end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#onEnd?.()
  }
}
