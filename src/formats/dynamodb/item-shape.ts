import { NamesCache } from '../../core/names-cache.js'
import { isWellFormed, quote } from './json-string.js'
import { NAME_BYTES_MAX } from './limits.js'

/** Objects with the same names in the same order: how to write them in canonical order. */
export interface ItemShape {
  /** As the object has them. */
  readonly names: readonly string[]
  /** Positions in `names`, in canonical order: that of UTF-16 code units. */
  readonly order: readonly number[]
  /** In canonical order: `{"name":` for the first attribute written, `,"name":` for others. */
  readonly opening: readonly string[]
  readonly following: readonly string[]
  /** The same with the beginning of a string: `{"name":{"S":"`. */
  readonly openingString: readonly string[]
  readonly followingString: readonly string[]
  /** In canonical order: UTF-8 bytes of the names. */
  readonly nameBytes: readonly number[]
  /** In canonical order. */
  readonly sortedNames: readonly string[]
  /** The first name that DynamoDB does not take, and why. */
  readonly refusal: { readonly name: string; readonly reason: string } | undefined
}

/** Remembers shapes. */
export class ShapeCache extends NamesCache<ItemShape> {
  constructor() {
    super(itemShape)
  }
}

function itemShape(names: readonly string[]): ItemShape {
  const order = names.map((_, index) => index)
  order.sort((a, b) => compareCodeUnits(names[a] as string, names[b] as string))
  const sortedNames = order.map((index) => names[index] as string)
  const quoted = sortedNames.map(quote)
  return {
    names,
    order,
    sortedNames,
    opening: quoted.map((name) => `{${name}:`),
    following: quoted.map((name) => `,${name}:`),
    openingString: quoted.map((name) => `{${name}:{"S":"`),
    followingString: quoted.map((name) => `,${name}:{"S":"`),
    nameBytes: sortedNames.map((name) => Buffer.byteLength(name)),
    refusal: nameRefusal(names),
  }
}

function nameRefusal(names: readonly string[]): ItemShape['refusal'] {
  for (const name of names) {
    if (name === '') return { name, reason: 'attribute name is empty' }
    if (!isWellFormed(name)) return { name, reason: 'attribute name has half a surrogate pair' }
    if (Buffer.byteLength(name) > NAME_BYTES_MAX) {
      return { name, reason: `attribute name is longer than ${NAME_BYTES_MAX} bytes` }
    }
  }
  return undefined
}

/** The order of `Array.prototype.sort` without a comparer. */
function compareCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
