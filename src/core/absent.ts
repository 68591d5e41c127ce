const BRAND = Symbol.for('headrace.absent')

/** The class of `absent`: no plain object, so that nothing else takes it for a value. */
class AbsentValue {
  readonly [BRAND] = true

  /** As plans show it. */
  toJSON(): string {
    return '(absent)'
  }
}

/** The type of `absent`. */
export type Absent = AbsentValue

/**
 * In an item of `toDynamodb({ mode: 'update' })`: the attribute is to be removed. One that is
 * `undefined`, or not there, is left as it is.
 * @example
 * map(({ pk, price }) => ({ pk, price: Number(price), oldPrice: absent }))
 */
export const absent: Absent = Object.freeze(new AbsentValue())

/** True for `absent`, also of another copy of the package. */
export function isAbsent(value: unknown): value is Absent {
  return typeof value === 'object' && value !== null && BRAND in value
}
