import { isNumberValue } from '../../core/number-value.js'
import { excerpt } from '../../core/outcome.js'
import { isPlainObject } from './plain-object.js'

/** A value as the reject file shows it; of any value at all. */
export function describeValue(value: unknown): string | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'function') return `function ${value.name}`
  if (typeof value !== 'object' || value === null) return excerpt(value)
  if (isNumberValue(value)) return excerpt(value.value)
  if (!Array.isArray(value) && !isPlainObject(value)) return value.constructor?.name
  try {
    return excerpt(value)
  } catch {
    return Array.isArray(value) ? 'Array' : 'Object'
  }
}
