/** Why a text is not what is read of Ion, and where. */
export class IonError extends Error {
  override readonly name = 'IonError'

  /** @param at index in the text, in UTF-16 code units */
  constructor(reason: string, at: number) {
    super(`${reason}, in column ${at + 1}`)
  }
}

const BLANKS: readonly number[] = [0x20, 0x09, 0x0d, 0x0a]
const ESCAPES: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\u0007',
  b: '\b',
  t: '\t',
  n: '\n',
  f: '\f',
  r: '\r',
  v: '\v',
  '"': '"',
  "'": "'",
  '?': '?',
  '\\': '\\',
  '/': '/',
}
const DIGITS_OF: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 }

/** A place in a text, which moves on as tokens are taken. */
export class IonCursor {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  get atEnd(): boolean {
    this.#skipBlanks()
    return this.#at === this.#text.length
  }

  /** The next character that is not blank, which is not taken. */
  peek(): string {
    this.#skipBlanks()
    return this.#text.charAt(this.#at)
  }

  /** Takes a token if it comes next. */
  take(token: string): boolean {
    this.#skipBlanks()
    if (!this.#text.startsWith(token, this.#at)) return false
    this.#at += token.length
    return true
  }

  /** @throws IonError unless the token comes next */
  expect(token: string): void {
    if (!this.take(token)) throw this.error(`Expected ${token}`)
  }

  /** Takes what a sticky pattern matches here, if it does. */
  match(pattern: RegExp): string | undefined {
    this.#skipBlanks()
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0]
    if (found !== undefined) this.#at += found.length
    return found
  }

  /** Takes a text in quotes of this kind, its escapes undone. */
  quoted(quote: '"' | "'"): string {
    this.expect(quote)
    let content = ''
    for (let from = this.#at, end = -1; ; from = this.#at) {
      // Looked for again only where an escape went past it.
      if (end < from) end = this.#text.indexOf(quote, from)
      if (end === -1) throw this.error(`Expected ${quote}`)
      const escape = this.#text.slice(from, end).indexOf('\\')
      if (escape === -1) {
        this.#at = end + 1
        return content + this.#text.slice(from, end)
      }
      content += this.#text.slice(from, from + escape)
      this.#at = from + escape
      content += this.#escaped()
    }
  }

  /** Takes everything up to a token, and the token. */
  upTo(token: string): string {
    const end = this.#text.indexOf(token, this.#at)
    if (end === -1) throw this.error(`Expected ${token}`)
    const content = this.#text.slice(this.#at, end)
    this.#at = end + token.length
    return content
  }

  error(reason: string): IonError {
    return new IonError(reason, this.#at)
  }

  #escaped(): string {
    const kind = this.#text.charAt(this.#at + 1)
    const plain = ESCAPES[kind]
    const digits = DIGITS_OF[kind] ?? 0
    if (plain !== undefined) {
      this.#at += 2
      return plain
    }
    const code = this.#text.slice(this.#at + 2, this.#at + 2 + digits)
    const value = Number.parseInt(code, 16)
    if (digits === 0 || !/^[\da-f]+$/i.test(code) || code.length < digits || value > 0x10ffff) {
      throw this.error('Expected an escape')
    }
    this.#at += 2 + digits
    return String.fromCodePoint(value)
  }

  #skipBlanks(): void {
    while (BLANKS.includes(this.#text.charCodeAt(this.#at))) this.#at += 1
  }
}
