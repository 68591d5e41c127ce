import { HeadraceError } from '../../core/errors.js'

/** The error for an option that is not what it must be. */
export function invalid(option: string, expected: string, got: unknown): HeadraceError {
  return new HeadraceError(
    'PIPELINE_INVALID',
    `toDynamodb: expected \`${option}\` to be ${expected}; got ${shown(got)}`,
  )
}

/** A value as messages show it. */
export function shown(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'number' || value === undefined) return String(value)
  if (typeof value === 'function') return 'a function'
  const text = JSON.stringify(value) as string | undefined
  if (text === undefined) return typeof value
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}

export function optional<T>(given: unknown, check: (given: unknown) => T): T | undefined {
  return given === undefined ? undefined : check(given)
}

export function oneOf<T extends string | boolean>(
  option: string,
  given: unknown,
  allowed: readonly T[],
): T {
  const found = allowed.find((value) => value === given)
  if (found !== undefined) return found
  throw invalid(option, allowed.map((value) => shown(value)).join(' or '), given)
}

export function wholeNumber(
  option: string,
  given: unknown,
  min: number,
  max = Number.MAX_SAFE_INTEGER,
): number {
  const fits = typeof given === 'number' && Number.isSafeInteger(given)
  if (fits && given >= min && given <= max) return given
  const range = max === Number.MAX_SAFE_INTEGER ? `from ${min} up` : `from ${min} to ${max}`
  throw invalid(option, `a whole number ${range}`, given)
}

/** The name of a table or an index. */
export function requireName(option: string, given: unknown): string {
  if (typeof given === 'string' && /^[\w.-]{3,255}$/.test(given)) return given
  throw invalid(option, '3 to 255 letters, digits, "_", "-" and "."', given)
}
