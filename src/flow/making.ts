import { HeadraceError, messageOf } from '../core/errors.js'
import { reject, type Reject } from '../core/outcome.js'
import { textOfPart, type Making } from '../core/projection.js'

/** The values of one row by the places of its columns; `undefined` is the place of none. */
export interface PlacedValues {
  value(of: number | undefined): unknown
  /** The value as part of a text. @throws Error as `textOfPart` does */
  text(of: number | undefined): string
}

/** @throws Error whose message is the reason of the reject, of which `whyNotMade` tells more */
export function makeValue(making: Making, values: PlacedValues): unknown {
  switch (making.kind) {
    case 'constant':
      return making.value
    case 'apply':
      return making.apply(values.value(making.of))
    case 'text': {
      let text = ''
      for (const { before, of } of making.parts) text += before + values.text(of)
      return text + making.end
    }
  }
}

/** Which column is to blame that a value could not be made. */
export function whyNotMade(making: Making, values: PlacedValues, error: unknown): Reject {
  const { reason } = rejectionOf(error)
  if (making.kind === 'apply') {
    return reject(reason, { column: making.column, value: values.value(making.of) })
  }
  const parts = making.kind === 'text' ? making.parts : []
  const part = parts.find(({ of }) => !hasText(values.value(of)))
  return reject(reason, part && { column: part.column, value: values.value(part.of) })
}

function hasText(value: unknown): boolean {
  try {
    textOfPart(value)
    return true
  } catch {
    return false
  }
}

/** What a throw makes of its row: a reject, unless no row could pass. */
export function rejectionOf(error: unknown): Reject {
  if (
    HeadraceError.is(error) &&
    (error.code === 'PIPELINE_INVALID' || error.code === 'DRIVER_MISSING')
  ) {
    throw error
  }
  return reject(messageOf(error))
}
