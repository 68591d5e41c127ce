import type { Cursor, Json } from '../../core/row-batch.js'
import { idCode, idValue, isIdText, type IdText } from './exact-id.js'

/** Documents with an `_id` behind `after`, if there is one, and not behind `upTo`. */
export interface IdRange {
  readonly after: IdText | undefined
  readonly upTo: IdText | undefined
}

/** A condition on `_id` that an index answers in one stretch; `undefined` for all documents. */
export type IdCondition = { readonly [operator: string]: unknown } | undefined

export const WHOLE: IdRange = { after: undefined, upTo: undefined }

const NUMBER_CODES: readonly number[] = [1, 16, 18, 19]

/**
 * The types of `_id`, as numbers that `$type` takes, in the order in which MongoDB sorts them;
 * values of types of one line are compared with each other. Arrays cannot be an `_id`.
 * @see https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/
 */
const BRACKETS: readonly (readonly number[])[] = [
  [-1], // MinKey
  [6], // undefined
  [10], // null
  NUMBER_CODES, // double, int, long, decimal
  [2, 14], // string, symbol
  [3], // object
  [5], // binary
  [7], // ObjectId
  [8], // boolean
  [9], // date
  [17], // timestamp
  [11], // regular expression
  [12], // DBPointer
  [13], // code
  [15], // code with scope
  [127], // MaxKey
]

export const ID_CODES: readonly number[] = BRACKETS.flat()

/** Of these types there is one value only, which nothing of its type is behind. */
const SINGLE_CODES = new Set([-1, 6, 10, 127])
/** Types in which a range may end: of these, the operators do what the order says. */
const BOUND_CODES = new Set([1, 2, 5, 7, 9, 16, 18, 19])

/**
 * What to ask for, one after the other, to read a range in the order of `_id`. It takes several
 * questions, since `$gt` and its like know only values of their own type.
 * @param known types that the server knows
 */
export function conditionsOf({ after, upTo }: IdRange, known: readonly number[]): IdCondition[] {
  if (after === undefined && upTo === undefined) return [undefined]
  const first = after === undefined ? -1 : bracketOf(after)
  const last = upTo === undefined ? BRACKETS.length : bracketOf(upTo)
  if (after !== undefined && upTo !== undefined && first === last) {
    return [{ ...behind(after), $lte: idValue(upTo) }]
  }
  const conditions: IdCondition[] = []
  if (after !== undefined && !SINGLE_CODES.has(idCode(after))) conditions.push(behind(after))
  const between = BRACKETS.slice(first + 1, last)
    .flat()
    .filter((code) => known.includes(code))
  if (between.length > 0) conditions.push({ $type: between })
  if (upTo === undefined) return conditions
  return [...conditions, notBehind(upTo, known)]
}

/** A range may end here. */
export function isBound(text: IdText | undefined): text is IdText {
  return text !== undefined && BOUND_CODES.has(idCode(text)) && !isNaNValue(idValue(text))
}

/** Ranges that meet at the bounds, which are in order. */
export function rangesBetween(bounds: readonly IdText[]): IdRange[] {
  const ranges: IdRange[] = []
  let after: IdText | undefined
  for (const upTo of bounds) {
    ranges.push({ after, upTo })
    after = upTo
  }
  return [...ranges, { after, upTo: undefined }]
}

const WHOLE_ID = 'documents'

/** A range as the id of a partition, which holds all there is to know of it. */
export function rangeId({ after, upTo }: IdRange): string {
  if (after === undefined && upTo === undefined) return WHOLE_ID
  return JSON.stringify([after ?? null, upTo ?? null])
}

/** The range of an id; `undefined` where it is of another kind. */
export function rangeOfId(id: string): IdRange | undefined {
  if (id === WHOLE_ID) return WHOLE
  try {
    const bounds = JSON.parse(id) as Json
    if (!Array.isArray(bounds) || bounds.length !== 2) return undefined
    if (!bounds.every((bound) => bound === null || isIdText(bound))) return undefined
    const [after, upTo] = bounds.map((bound) => (isIdText(bound) ? bound : undefined))
    return { after, upTo }
  } catch {
    return undefined
  }
}

/** The `_id` of a checkpoint, checked: it may have been saved by another source. */
export function afterOf(cursor: Cursor | undefined): IdText | undefined {
  const after = (cursor as { readonly after?: Json } | undefined)?.after
  return isIdText(after) ? after : undefined
}

function bracketOf(text: IdText): number {
  const code = idCode(text)
  const bracket = BRACKETS.findIndex((codes) => codes.includes(code))
  if (bracket < 0) throw new RangeError(`No _id can be of the BSON type ${code}`)
  return bracket
}

/** Behind NaN come all other numbers, and `$gt` does not say so. */
function behind(after: IdText): { readonly [operator: string]: unknown } {
  const value = idValue(after)
  return isNaNValue(value) ? { $gte: Number.NEGATIVE_INFINITY } : { $gt: value }
}

/** NaN comes before all numbers, and `$lte` does not say so. */
function notBehind(
  upTo: IdText,
  known: readonly number[],
): { readonly [operator: string]: unknown } {
  const value = idValue(upTo)
  if (!NUMBER_CODES.includes(idCode(upTo))) return { $lte: value }
  return { $type: NUMBER_CODES.filter((code) => known.includes(code)), $not: { $gt: value } }
}

function isNaNValue(value: unknown): boolean {
  return /^(Double|Decimal128)$/.test((value as { _bsontype?: string })._bsontype ?? '')
    ? String(value).toLowerCase() === 'nan'
    : false
}
