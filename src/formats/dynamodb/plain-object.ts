/** True for `{}` and `Object.create(null)`, of any realm; false for instances of classes. */
export function isPlainObject(value: object): value is { readonly [name: string]: unknown } {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) return true
  return (
    Object.getPrototypeOf(prototype) === null &&
    (prototype as object).constructor?.name === 'Object' &&
    Object.prototype.toString.call(value) === '[object Object]'
  )
}
