const BRAND = Symbol.for('headrace.number')

/**
 * An exact decimal, kept as its digits. Has the shape of the AWS SDK's own `NumberValue`, which is
 * accepted wherever this is.
 */
export class NumberValue {
  readonly value: string
  readonly [BRAND] = true

  /** @param value decimal digits, such as `-12.340` or `1e-7`; not checked here */
  constructor(value: string | bigint) {
    this.value = typeof value === 'string' ? value : value.toString()
  }

  static from(value: string | bigint): NumberValue {
    return new NumberValue(value)
  }

  toString(): string {
    return this.value
  }

  toJSON(): string {
    return this.value
  }
}

/** True for this class and for the SDK's `NumberValue`. */
export function isNumberValue(value: unknown): value is { readonly value: string } {
  if (typeof value !== 'object' || value === null) return false
  if (BRAND in value) return true
  // A row that was read may have a column of this name.
  return (
    !Object.hasOwn(value, 'constructor') &&
    value.constructor?.name === 'NumberValue' &&
    typeof (value as { value?: unknown }).value === 'string'
  )
}
