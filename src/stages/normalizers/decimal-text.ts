/** What parts the fraction off. */
export type DecimalPoint = '.' | ','

const PLAIN = /^(-?)(\d+)(\.\d+)?$/
const SIGN_BEFORE = /^[-+−]/u
const SIGN_BEHIND = /[-+−]$/u
const CURRENCY_BEFORE = /^\p{Sc}/u
const CURRENCY_BEHIND = /\p{Sc}$/u
const NUMBER = {
  '.': /^(\d[\d,\s'’]*)?(?:\.(\d*))?(?:[eE]([+-]?\d{1,9}))?$/u,
  ',': /^(\d[\d.\s'’]*)?(?:,(\d*))?(?:[eE]([+-]?\d{1,9}))?$/u,
}
/** Two digits in a group are Indian: 12,34,567. */
const GROUPED = /^\d{1,3}(\D)(?:\d{2,3}\1)*\d{3}$/u

/**
 * The digits of a decimal as people and programs write them, in plain form such as `-1234.50` or
 * `1.5e-7`; `undefined` when the text is none.
 */
export function decimalDigits(text: string, point: DecimalPoint): string | undefined {
  if (point === '.') {
    const plain = PLAIN.exec(text)
    if (plain !== null)
      return assemble(plain[1] === '-', plain[2] ?? '', plain[3]?.slice(1), undefined)
  }
  const { number, signs, currencies, negative } = undress(text.trim())
  const match = NUMBER[point].exec(number)
  if (match === null || signs > 1 || currencies > 1) return undefined
  const [, written = '', fraction = '', exponent] = match
  const whole = ungroup(written)
  if (whole === undefined || (whole === '' && fraction === '')) return undefined
  return assemble(negative, whole, fraction, exponent)
}

/** Takes off parentheses, signs and currency signs, and counts them. */
function undress(text: string) {
  let number = text
  let signs = 0
  let currencies = 0
  let negative = false
  if (number.startsWith('(') && number.endsWith(')')) {
    number = number.slice(1, -1).trim()
    signs += 1
    negative = true
  }
  for (let before = ''; before !== number && signs <= 1;) {
    before = number
    const sign = SIGN_BEFORE.exec(number)?.[0] ?? SIGN_BEHIND.exec(number)?.[0]
    if (sign !== undefined) {
      number = number.replace(SIGN_BEFORE.test(number) ? SIGN_BEFORE : SIGN_BEHIND, '').trim()
      signs += 1
      negative ||= sign !== '+'
    }
    const bare = number.replace(CURRENCY_BEFORE, '')
    const barer = bare.replace(CURRENCY_BEHIND, '')
    currencies += (bare === number ? 0 : 1) + (barer === bare ? 0 : 1)
    number = barer.trim()
  }
  return { number, signs, currencies, negative }
}

/** Digits without what parts thousands; `undefined` when those stand where they should not. */
function ungroup(whole: string): string | undefined {
  if (/^\d*$/.test(whole)) return whole
  return GROUPED.test(whole) ? whole.replace(/\D/gu, '') : undefined
}

function assemble(
  negative: boolean,
  whole: string,
  fraction: string | undefined,
  exponent: string | undefined,
): string {
  const digits = whole.replace(/^0+(?=\d)/, '') || '0'
  const decimals = fraction === undefined || fraction === '' ? '' : `.${fraction}`
  const zero = !/[1-9]/.test(digits) && !/[1-9]/.test(decimals)
  const power = exponent === undefined || zero ? '' : `e${exponent.replace(/^\+/, '')}`
  return `${negative && !zero ? '-' : ''}${digits}${decimals}${power}`
}
