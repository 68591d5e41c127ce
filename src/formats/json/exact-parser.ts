import { exactNumber } from './exact-number.js'
import {
  BACKSLASH,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  isBlank,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
} from './json-bytes.js'
import { JsonError, placeIn, type JsonPlace } from './json-error.js'

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y
const HEX4 = /[\dA-Fa-f]{4}/y
const OPENED = Symbol('opened')

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

const SPACE = 0x20

type JsonObject = Record<string, unknown>

/**
 * A JSON parser as strict as `JSON.parse` that keeps numbers exact, says where a text is wrong, and
 * needs no stack for nesting.
 */
export class ExactParser {
  readonly #text: string
  readonly #nestingMax: number
  #at = 0
  /** The containers around the current position, outermost first, and the key open in each. */
  readonly #containers: (unknown[] | JsonObject)[] = []
  readonly #keys: string[] = []

  constructor(text: string, nestingMax: number) {
    this.#text = text
    this.#nestingMax = nestingMax
  }

  /** @throws JsonError */
  parse(): unknown {
    for (;;) {
      const begun = this.#begin()
      if (begun === OPENED) continue
      const value = this.#finish(begun)
      if (value === OPENED) continue
      if (this.#code() >= 0) this.#unexpected()
      return value
    }
  }

  /** Reads a value, or enters a container that has something in it. */
  #begin(): unknown {
    switch (this.#code()) {
      case OPEN_OBJECT:
        this.#enter()
        if (this.#code() === CLOSE_OBJECT) return this.#empty({})
        this.#containers.push({})
        this.#keys.push(this.#key())
        return OPENED
      case OPEN_ARRAY:
        this.#enter()
        if (this.#code() === CLOSE_ARRAY) return this.#empty([])
        this.#containers.push([])
        this.#keys.push('')
        return OPENED
      case QUOTE:
        return this.#string()
      case 0x74:
        return this.#word('true', true)
      case 0x66:
        return this.#word('false', false)
      case 0x6e:
        return this.#word('null', null)
      default:
        return this.#number()
    }
  }

  /** Puts a value where it belongs, and leaves the containers that end behind it. */
  #finish(finished: unknown): unknown {
    let value = finished
    for (;;) {
      const container = this.#containers.at(-1)
      if (container === undefined) return value
      const isArray = Array.isArray(container)
      if (isArray) container.push(value)
      else setProperty(container, this.#keys.at(-1) ?? '', value)
      const code = this.#code()
      if (code === COMMA) {
        this.#at++
        if (!isArray) this.#keys[this.#keys.length - 1] = this.#key()
        return OPENED
      }
      if (code !== (isArray ? CLOSE_ARRAY : CLOSE_OBJECT)) return this.#unexpected()
      this.#at++
      value = container
      this.#containers.pop()
      this.#keys.pop()
    }
  }

  #enter(): void {
    if (this.#containers.length >= this.#nestingMax) {
      const reason = `Nested deeper than ${this.#nestingMax} levels`
      throw new JsonError('nesting', reason, this.#place())
    }
    this.#at++
  }

  #empty<T>(container: T): T {
    this.#at++
    return container
  }

  /** A key and the colon behind it. */
  #key(): string {
    if (this.#code() !== QUOTE) this.#unexpected()
    const key = this.#string()
    if (this.#code() !== COLON) this.#unexpected()
    this.#at++
    return key
  }

  #word<T>(word: string, value: T): T {
    for (let i = 0; i < word.length; i++, this.#at++) {
      if (this.#text[this.#at] !== word[i]) this.#unexpected()
    }
    return value
  }

  #number(): unknown {
    NUMBER.lastIndex = this.#at
    const match = NUMBER.exec(this.#text)
    if (match === null) {
      if (this.#text[this.#at] === '-') this.#at++
      return this.#unexpected()
    }
    this.#at = NUMBER.lastIndex
    return exactNumber(match[0])
  }

  #string(): string {
    const text = this.#text
    let start = ++this.#at
    let decoded = ''
    for (;;) {
      const code = text.charCodeAt(this.#at)
      if (code === QUOTE) {
        decoded += text.slice(start, this.#at++)
        return decoded
      }
      if (code === BACKSLASH) {
        decoded += text.slice(start, this.#at++)
        decoded += this.#escape()
        start = this.#at
      } else if (code >= SPACE) this.#at++
      else if (Number.isNaN(code)) this.#fail('Unterminated string')
      else this.#fail('Control character in a string')
    }
  }

  #escape(): string {
    const letter = this.#text[this.#at] ?? ''
    const plain = ESCAPES[letter]
    if (plain !== undefined) {
      this.#at++
      return plain
    }
    if (letter === '') this.#fail('Unterminated string')
    if (letter !== 'u') this.#fail('Bad escape in a string')
    HEX4.lastIndex = this.#at + 1
    const digits = HEX4.exec(this.#text)?.[0] ?? this.#fail('Bad escape in a string')
    this.#at += 5
    return String.fromCharCode(Number.parseInt(digits, 16))
  }

  /** The next character that is not blank, as its code; NaN at the end. */
  #code(): number {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at)
      if (!isBlank(code)) return code
      this.#at++
    }
  }

  #unexpected(): never {
    const code = this.#text.codePointAt(this.#at)
    if (code === undefined) return this.#fail('Unexpected end')
    const shown = JSON.stringify(String.fromCodePoint(code))
    throw new JsonError('syntax', 'Unexpected character', this.#place(), ` ${shown}`)
  }

  #place(): JsonPlace {
    return placeIn(this.#text, this.#at)
  }

  #fail(reason: string): never {
    throw new JsonError('syntax', reason, this.#place())
  }
}

/** As an assignment, but for `__proto__`, which is a name like any other. */
function setProperty(target: JsonObject, key: string, value: unknown): void {
  if (key !== '__proto__') target[key] = value
  else
    Object.defineProperty(target, key, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    })
}
