import { PostgresTextError } from './postgres-text-error.js'

/** What arrays are made of: `null` for NULL. */
export type ReadElement = (text: string) => unknown

/**
 * Reads an array as Postgres prints it: `{1,NULL,"a \"b\""}`, nested, or with bounds that do not
 * start at one (`[0:2]={…}`), which are dropped.
 * @throws PostgresTextError for what is no array
 */
export function parseArrayText(text: string, delimiter: string, read: ReadElement): unknown[] {
  const start = text.charCodeAt(0) === BRACE_OPEN ? 0 : text.indexOf('={') + 1
  return new ArrayReader(text, delimiter, read).parse(start)
}

const BRACE_OPEN = 123

class ArrayReader {
  readonly #text: string
  readonly #delimiter: string
  readonly #read: ReadElement
  #at = 0

  constructor(text: string, delimiter: string, read: ReadElement) {
    this.#text = text
    this.#delimiter = delimiter
    this.#read = read
  }

  parse(start: number): unknown[] {
    this.#at = start
    const array = this.#array()
    if (this.#at !== this.#text.length) throw this.#failure()
    return array
  }

  #array(): unknown[] {
    if (this.#text[this.#at] !== '{') throw this.#failure()
    this.#at += 1
    const elements: unknown[] = []
    if (this.#text[this.#at] === '}') {
      this.#at += 1
      return elements
    }
    for (;;) {
      elements.push(this.#element())
      const next = this.#text[this.#at]
      this.#at += 1
      if (next === '}') return elements
      if (next !== this.#delimiter) throw this.#failure()
    }
  }

  #element(): unknown {
    const first = this.#text[this.#at]
    if (first === '{') return this.#array()
    if (first === '"') return this.#read(this.#quoted())
    const start = this.#at
    while (this.#at < this.#text.length) {
      const character = this.#text[this.#at]
      if (character === this.#delimiter || character === '}') break
      this.#at += 1
    }
    const word = this.#text.slice(start, this.#at)
    return word === 'NULL' ? null : this.#read(word)
  }

  #quoted(): string {
    const start = this.#at + 1
    let end = start
    let escaped = false
    while (this.#text[end] !== '"') {
      if (end >= this.#text.length) throw this.#failure()
      if (this.#text[end] === '\\') {
        escaped = true
        end += 1
      }
      end += 1
    }
    this.#at = end + 1
    const inner = this.#text.slice(start, end)
    return escaped ? inner.replaceAll(/\\([\s\S])/g, '$1') : inner
  }

  #failure(): PostgresTextError {
    return new PostgresTextError('not an array as Postgres prints it')
  }
}
