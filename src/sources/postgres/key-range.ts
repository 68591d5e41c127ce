import type { Cursor, Json } from '../../core/row-batch.js'

/** Texts of the parts of a key. */
export type KeyTexts = readonly string[]

/** Rows of which the key is behind `after`, if there is one, and not behind `upTo`. */
export interface KeyRange {
  readonly after: KeyTexts | undefined
  readonly upTo: KeyTexts | undefined
}

/** Where to go on in a range: behind a key; or at its end, with all rows read. */
export type KeyPosition = { readonly after: KeyTexts } | { readonly end: true }

export const WHOLE: KeyRange = { after: undefined, upTo: undefined }

const WHOLE_ID = 'rows'

/** A range as the id of a partition, which holds all there is to know of it. */
export function rangeId({ after, upTo }: KeyRange): string {
  if (after === undefined && upTo === undefined) return WHOLE_ID
  return JSON.stringify([after ?? null, upTo ?? null])
}

/** The range of an id, for keys of so many parts; `undefined` where it is of another kind. */
export function rangeOfId(id: string, parts: number): KeyRange | undefined {
  if (id === WHOLE_ID) return WHOLE
  try {
    const bounds = JSON.parse(id) as Json
    if (!Array.isArray(bounds) || bounds.length !== 2) return undefined
    const [after, upTo] = bounds.map((bound) => (isKey(bound, parts) ? bound : undefined))
    return { after, upTo }
  } catch {
    return undefined
  }
}

function isKey(bound: Json, parts: number): bound is KeyTexts {
  return Array.isArray(bound) && bound.length === parts
}

/** The position of a checkpoint, checked: it may have been saved for another key. */
export function positionOf(cursor: Cursor, parts: number): KeyPosition | undefined {
  const { after, end } = cursor as { readonly after?: Json; readonly end?: Json }
  if (end === true) return { end }
  return after !== undefined && isKey(after, parts) ? { after } : undefined
}

/** Ranges that meet at the bounds, which are in order. */
export function rangesBetween(bounds: readonly KeyTexts[]): KeyRange[] {
  const ranges: KeyRange[] = []
  let after: KeyTexts | undefined
  for (const upTo of bounds) {
    ranges.push({ after, upTo })
    after = upTo
  }
  return [...ranges, { after, upTo: undefined }]
}
