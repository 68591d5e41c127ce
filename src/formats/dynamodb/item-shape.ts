import { NamesCache } from '../../core/names-cache.js'
import { isWellFormed, quote } from './json-string.js'
import { NAME_BYTES_MAX } from './limits.js'

/**
 * What is written before the value of an attribute, in canonical order. Each is one text, as every
 * text that is joined to an item takes time.
 */
export interface Joints {
  /** Before the value, such as `,"name":`. */
  readonly value: readonly string[]
  /** Before the characters of a string: `,"name":{"S":"`. */
  readonly string: readonly string[]
  /** Before the digits of a number: `,"name":{"N":"`. */
  readonly number: readonly string[]
}

/** What closes a string or number. */
export const CLOSING = '"}'

/** Objects with the same names in the same order: how to write them in canonical order. */
export interface ItemShape {
  /** As the object has them. */
  readonly names: readonly string[]
  /** Positions in `names`, in canonical order: that of UTF-16 code units. */
  readonly order: readonly number[]
  /** What is written before the attribute that is the first. */
  readonly opening: Joints
  /** What is written before others, which also closes the one before where that is left open. */
  readonly following: Joints
  readonly followingOpen: Joints
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
  const joints = (before: string): Joints => ({
    value: quoted.map((name) => `${before}${name}:`),
    string: quoted.map((name) => `${before}${name}:{"S":"`),
    number: quoted.map((name) => `${before}${name}:{"N":"`),
  })
  return {
    names,
    order,
    sortedNames,
    opening: joints('{'),
    following: joints(','),
    followingOpen: joints(`${CLOSING},`),
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
