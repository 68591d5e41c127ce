const DOT = 0x2e
const MINUS = 0x2d
const PLUS = 0x2b
const ZERO = 0x30
const NINE = 0x39
const LETTER_E = 0x65
const LOWER_CASE_BIT = 0x20

/** A number of fewer digits, with an exponent of fewer, survives a double. */
const RISKY_DIGITS = 16
const RISKY_EXPONENT_DIGITS = 3

/**
 * True when the text may hold a number that a double would change; false only when it holds none.
 * Looks at every third character, since what is risky is a run of three digits at least.
 */
export function mayLoseDigits(text: string): boolean {
  const stride = RISKY_EXPONENT_DIGITS
  for (let at = stride - 1; at < text.length; at += stride) {
    if (!isDigit(text.charCodeAt(at))) continue
    let start = at
    let end = at + 1
    while (isDigitOrDot(text.charCodeAt(start - 1))) start--
    while (isDigitOrDot(text.charCodeAt(end))) end++
    // A dot may stand among the digits.
    if (end - start >= RISKY_DIGITS && startsNumber(text, start)) return true
    if (end - start >= RISKY_EXPONENT_DIGITS && isExponent(text, start)) return true
    at = end - 1
  }
  return false
}

/** True where a number can start, unlike in a word or an id. */
function startsNumber(text: string, start: number): boolean {
  const before = text.charCodeAt(start - 1) === MINUS ? start - 2 : start - 1
  return before < 0 || ':,[ \n\r\t'.includes(text.charAt(before))
}

/** True when the digits from here on are the exponent of a number. */
function isExponent(text: string, start: number): boolean {
  const sign = text.charCodeAt(start - 1)
  const letter = sign === MINUS || sign === PLUS ? start - 2 : start - 1
  if ((text.charCodeAt(letter) | LOWER_CASE_BIT) !== LETTER_E) return false
  let mantissa = letter
  while (isDigitOrDot(text.charCodeAt(mantissa - 1))) mantissa--
  return mantissa < letter && startsNumber(text, mantissa)
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE
}

function isDigitOrDot(code: number): boolean {
  return (code >= ZERO && code <= NINE) || code === DOT
}
