import { isNumberValue } from '../../core/number-value.js'

/** @throws Error unless the value is text */
export function expectText(value: unknown): string {
  if (typeof value === 'string') return value
  throw expected('text', value)
}

/** `expected text, got a number`: names the kind of the value, not the value. */
export function expected(what: string, value: unknown): Error {
  return new Error(`expected ${what}, got ${kindOf(value)}`)
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (value === '') return 'empty text'
  if (typeof value === 'string') return value.trim() === '' ? 'white space' : 'other text'
  if (Array.isArray(value)) return 'an array'
  if (value instanceof Date) return 'a date'
  if (value instanceof Uint8Array) return 'binary'
  if (isNumberValue(value)) return 'a decimal'
  if (typeof value === 'object') return 'an object'
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : `a ${typeof value}`
}
