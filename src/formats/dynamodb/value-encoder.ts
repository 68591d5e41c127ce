import { types } from 'node:util'
import { isNumberValue } from '../../core/number-value.js'
import { ShapeCache } from './item-shape.js'
import { isPlainObject } from './plain-object.js'
import { isPlainText, isWellFormed, quote } from './json-string.js'
import { NESTING_MAX } from './limits.js'
import { canonicalNumber, numberBytes } from './number.js'

/**
 * What a `Date` becomes: ISO 8601 text in UTC with milliseconds, or a number of seconds (with the
 * milliseconds as decimals where there are any) or milliseconds since 1970.
 */
export type DatePolicy = 'iso' | 'seconds' | 'milliseconds'

/** Why a value cannot be stored, and where in the attribute it is. */
export interface ValueFailure {
  reason: string
  /** Below the attribute, such as `.lines[2]`. */
  path: string
  readonly value: unknown
  /** The innermost list or map around the value. */
  container: object | undefined
}

const REASON = {
  surrogate: 'string has half a surrogate pair, which has no UTF-8 form',
  undefinedElement: 'list holds undefined',
  nesting: `value is nested deeper than ${NESTING_MAX} levels`,
  cycle: 'value contains itself',
  emptySet: 'set is empty',
  mixedSet: 'set holds values of several types',
  setMember: 'set holds something other than strings, numbers or binary values',
  duplicate: 'set holds equal values twice',
  mapKey: 'Map has a key that is not a string',
  date: "Date without a policy: set `dates` to 'iso', 'seconds' or 'milliseconds'",
  invalidDate: 'Date is invalid',
  typedArray: 'typed array other than Uint8Array: use an array, or a Uint8Array of its bytes',
  instance: 'instance of a class: map it to a plain object, string or number',
  callable: 'function or symbol',
} as const

/**
 * Writes values as canonical DynamoDB JSON and counts their size in the same pass. Reset `bytes`
 * before an item; when `failure` is set after `encode`, its text is void.
 */
export class ValueEncoder {
  /** Size of what was encoded so far, by DynamoDB's rules; without the names of the item. */
  bytes = 0
  failure: ValueFailure | undefined
  readonly #dates: DatePolicy | undefined
  readonly #shapes = new ShapeCache()

  constructor(dates: DatePolicy | undefined) {
    this.#dates = dates
  }

  /** @param level 1 for an attribute of the item; `value` is not undefined */
  encode(value: unknown, level: number): string {
    if (level > NESTING_MAX) return this.#fail(REASON.nesting, value)
    switch (typeof value) {
      case 'string':
        return `{"S":"${this.characters(value)}"}`
      case 'number':
      case 'bigint':
        return this.#number(value, value)
      case 'boolean':
        this.bytes += 1
        return value ? '{"BOOL":true}' : '{"BOOL":false}'
      case 'object':
        return value === null ? this.#null() : this.#object(value, level)
      default:
        return this.#fail(REASON.callable, value)
    }
  }

  /** The most frequent case of `encode`: what stands between the quotes of a string. */
  characters(value: string): string {
    if (isPlainText(value)) {
      this.bytes += value.length
      return value
    }
    const bytes = Buffer.byteLength(value)
    // Only where it is all ASCII are there as many bytes as code units.
    if (bytes !== value.length && !isWellFormed(value)) return this.#fail(REASON.surrogate, value)
    this.bytes += bytes
    return JSON.stringify(value).slice(1, -1)
  }

  /** The next most frequent: what stands between the quotes of a number. */
  digits(number: number | bigint): string {
    return this.#digits(canonicalNumber(number), number)
  }

  /** The same of a number of which the canonical text is known. */
  canonicalDigits(text: string): string {
    this.bytes += numberBytes(text)
    return text
  }

  #digits(text: ReturnType<typeof canonicalNumber>, value: unknown): string {
    return typeof text === 'string' ? this.canonicalDigits(text) : this.#fail(text.reason, value)
  }

  #null(): string {
    this.bytes += 1
    return '{"NULL":true}'
  }

  #number(number: number | bigint | string, value: unknown): string {
    return `{"N":"${this.#digits(canonicalNumber(number), value)}"}`
  }

  #object(value: object, level: number): string {
    if (Array.isArray(value)) return this.#list(value, level)
    if (isPlainObject(value)) {
      return this.#map(value, Object.keys(value), Object.values(value), level)
    }
    const bytes = binaryBytes(value)
    if (bytes !== undefined) {
      this.bytes += bytes.length
      return `{"B":"${bytes.toString('base64')}"}`
    }
    if (value instanceof Set) return this.#set(value)
    if (value instanceof Map) return this.#mapEntries(value, level)
    if (isNumberValue(value)) return this.#number(value.value, value)
    if (value instanceof Date) return this.#date(value)
    if (types.isBoxedPrimitive(value)) return this.encode(value.valueOf(), level)
    return this.#fail(ArrayBuffer.isView(value) ? REASON.typedArray : REASON.instance, value)
  }

  #list(list: readonly unknown[], level: number): string {
    this.bytes += 3 + list.length
    let text = ''
    for (let index = 0; index < list.length; index++) {
      const value = list[index]
      const element =
        value === undefined
          ? this.#fail(REASON.undefinedElement, value)
          : this.encode(value, level + 1)
      if (this.failure !== undefined) return this.#failBelow(`[${index}]`, list)
      text += index === 0 ? element : `,${element}`
    }
    return `{"L":[${text}]}`
  }

  #map(map: object, names: readonly string[], values: readonly unknown[], level: number): string {
    const shape = this.#shapes.of(names)
    if (shape.refusal !== undefined) return this.#fail(shape.refusal.reason, shape.refusal.name)
    this.bytes += 3
    let text = ''
    for (let index = 0; index < names.length; index++) {
      const value = values[shape.order[index] as number]
      if (value === undefined) continue
      this.bytes += 1 + (shape.nameBytes[index] as number)
      text += (text === '' ? shape.opening : shape.following).value[index]
      text += this.encode(value, level + 1)
      if (this.failure !== undefined) {
        return this.#failBelow(`.${shape.sortedNames[index]}`, map)
      }
    }
    return text === '' ? '{"M":{}}' : `{"M":${text}}}`
  }

  #mapEntries(map: ReadonlyMap<unknown, unknown>, level: number): string {
    const names = [...map.keys()]
    const stray = names.findIndex((name) => typeof name !== 'string')
    if (stray !== -1) return this.#fail(REASON.mapKey, names[stray])
    return this.#map(map, names as string[], [...map.values()], level)
  }

  #date(date: Date): string {
    const time = date.getTime()
    if (Number.isNaN(time)) return this.#fail(REASON.invalidDate, undefined)
    const policy = this.#dates
    switch (policy) {
      case 'iso':
        return this.encode(date.toISOString(), 1)
      case 'seconds':
        return this.#number(`${time}e-3`, date)
      case 'milliseconds':
        return this.#number(time, date)
      default:
        return this.#fail(REASON.date, date.toISOString())
    }
  }

  #set(set: ReadonlySet<unknown>): string {
    if (set.size === 0) return this.#fail(REASON.emptySet, undefined)
    let type: string | undefined
    const members: string[] = []
    for (const value of set) {
      const memberType = setMemberType(value)
      if (memberType === undefined) return this.#fail(REASON.setMember, value)
      if (type !== undefined && type !== memberType) return this.#fail(REASON.mixedSet, value)
      type = memberType
      members.push(this.#memberText(value))
      if (this.failure !== undefined) return ''
    }
    members.sort()
    const twice = members.find((member, index) => index > 0 && member === members[index - 1])
    if (twice !== undefined) return this.#fail(REASON.duplicate, twice)
    return `{"${type}S":[${members.map(quote).join(',')}]}`
  }

  /** What sets are sorted by: strings as they are, digits, base64. */
  #memberText(value: unknown): string {
    if (typeof value === 'string') {
      if (!isWellFormed(value)) return this.#fail(REASON.surrogate, value)
      this.bytes += Buffer.byteLength(value)
      return value
    }
    // A number or binary value is written as `{"N":"…"}`, its text without escapes.
    return this.encode(value, 1).slice('{"N":"'.length, -'"}'.length)
  }

  #fail(reason: string, value: unknown): '' {
    this.failure = { reason, path: '', value, container: undefined }
    return ''
  }

  #failBelow(step: string, container: object): '' {
    const failure = this.failure as ValueFailure
    failure.path = step + failure.path
    if (failure.container === undefined) failure.container = container
    else if (failure.container === container) {
      failure.reason = REASON.cycle
      failure.path = ''
    }
    return ''
  }
}

function setMemberType(value: unknown): 'S' | 'N' | 'B' | undefined {
  if (typeof value === 'string') return 'S'
  if (typeof value === 'number' || typeof value === 'bigint') return 'N'
  if (typeof value !== 'object' || value === null) return undefined
  if (isNumberValue(value)) return 'N'
  return binaryBytes(value) === undefined ? undefined : 'B'
}

/** The bytes of what has no other reading; a typed array of numbers does. */
function binaryBytes(value: object): Buffer | undefined {
  if (value instanceof Uint8Array || value instanceof DataView) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  }
  return value instanceof ArrayBuffer ? Buffer.from(value) : undefined
}
