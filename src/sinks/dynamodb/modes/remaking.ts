import { messageOf } from '../../../core/errors.js'
import { isOutcome } from '../../../core/outcome.js'
import { isViolation, type EncodedItem, type ItemViolation } from '../../../core/sink.js'
import { decodeItem, type AttributeMap } from '../../../formats/dynamodb/attribute-value.js'
import type { OnConflict } from './check-mode.js'

/** The text of an update, why there is none, or `undefined` where nothing is to do. */
export type Remade = { readonly text: string } | { readonly reason: string } | undefined

/** Makes an update anew of what is stored now, given in canonical text. */
export type Remake = (stored: string | undefined) => Remade

/** How updates are made anew, where it is said how. */
export function remaking(
  onConflict: OnConflict | undefined,
  encode: (item: unknown) => EncodedItem | ItemViolation,
): { readonly remake?: Remake } {
  if (onConflict === undefined) return {}
  const remake: Remake = (stored) => {
    const now = stored === undefined ? undefined : decodeItem(JSON.parse(stored) as AttributeMap)
    let made: unknown
    try {
      made = onConflict(now)
    } catch (error) {
      return { reason: messageOf(error) }
    }
    if (made === undefined) return undefined
    if (isOutcome(made)) return { reason: made.reason }
    const encoded = encode(made)
    return isViolation(encoded) ? { reason: encoded.reason } : { text: encoded.text }
  }
  return { remake }
}
