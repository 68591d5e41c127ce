import { isUtf8 } from 'node:buffer'
import type { TextChunk } from './text-chunk.js'

interface Placed {
  readonly chunk: TextChunk
  /** Offset of its first byte in the UTF-8 of the whole text, from where reading began. */
  readonly start: number
  readonly end: number
}

/** The part of a text that a parser has been given and not yet turned into records. */
export class TextWindow {
  #placed: Placed[] = []
  #start = 0
  #end = 0

  /** Offset behind the last byte, in UTF-8 from where reading began. */
  get end(): number {
    return this.#end
  }

  append(chunk: TextChunk): void {
    const start = this.#end
    this.#end += chunk.utf8.length
    this.#placed.push({ chunk, start, end: this.#end })
  }

  /** Lets go of what lies before `at`. */
  release(at: number): void {
    this.#start = at
    while (this.#placed.length > 1 && (this.#placed[0] as Placed).end <= at) this.#placed.shift()
  }

  /** How often a byte stands between the start of the window and `to`. */
  count(byte: number, to: number): number {
    let found = 0
    for (const { chunk, start, end } of this.#placed) {
      if (start >= to) break
      const last = Math.min(to, end) - start - 1
      let at = Math.max(this.#start - start, 0) - 1
      while (at < last) {
        at = chunk.utf8.indexOf(byte, at + 1)
        if (at < 0 || at > last) break
        found++
      }
    }
    return found
  }

  /** Whether all that lies between the start of the window and `to` is valid in its encoding. */
  isWellFormed(to: number): boolean {
    return this.#placed.every(({ chunk, start }) => {
      if (chunk.wellFormed || start >= to) return true
      return isUtf8(chunk.utf8.subarray(Math.max(this.#start - start, 0), to - start))
    })
  }

  /** Where in the source the byte at `at` comes from. */
  sourceOffset(at: number): number {
    const placed = this.#placed.find(({ end }) => at <= end)
    if (placed === undefined) throw new RangeError(`${at} is behind the window, ${this.#end}`)
    return placed.chunk.sourceOffset(at - placed.start)
  }

  /** The bytes between the start of the window and its end; copied only when they are in pieces. */
  bytes(): Buffer {
    const [first, second] = this.#placed
    const whole =
      first !== undefined && second === undefined
        ? first.chunk.utf8
        : Buffer.concat(this.#placed.map(({ chunk }) => chunk.utf8))
    return whole.subarray(this.#start - (first?.start ?? 0))
  }
}
