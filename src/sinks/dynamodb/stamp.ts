import { rowAt } from '../../core/cells.js'
import { isViolation, type EncodedItem, type ItemViolation } from '../../core/sink.js'
import { isPlainObject } from '../../formats/dynamodb/plain-object.js'
import { withoutAttributes } from '../../formats/dynamodb/without-attributes.js'
import type { ModeEncoder } from './modes/write-mode.js'

/** Gives every item an attribute with the id of the run; one that has it already is refused. */
export function stampedEncoder(encoder: ModeEncoder, stamp: string, runId: string): ModeEncoder {
  const encode = (item: unknown): EncodedItem | ItemViolation => {
    if (typeof item !== 'object' || item === null || !isPlainObject(item)) {
      return encoder.encode(item)
    }
    if (item[stamp] === undefined) return encoder.encode({ ...item, [stamp]: runId })
    const encoded = encoder.encode(item)
    if (isViolation(encoded)) return encoded
    const reason = `The item has \`${stamp}\` of its own, which is to hold the id of the run`
    return { reason, attribute: stamp, key: encoded.key }
  }
  return { encode, encodeCells: (rows, index) => encode(rowAt(rows, index)) }
}

/** Run ids end in `-20261121-093000-a1b2c3`. */
const RUN_ID_END_LENGTH = 23

/**
 * Encodes items for comparison: without the stamp, and with room for it, so that what is too large
 * is so in every comparison.
 */
export function unstampedEncoder(
  encoder: ModeEncoder,
  stamp: string,
  pipeline: string,
): ModeEncoder {
  const longAsAnId = 'x'.repeat(pipeline.length + RUN_ID_END_LENGTH)
  const stamped = stampedEncoder(encoder, stamp, longAsAnId)
  const unstamped = withoutAttributes([stamp])
  const strip = (encoded: EncodedItem | ItemViolation) =>
    isViolation(encoded) ? encoded : { ...encoded, text: unstamped(encoded.text) }
  return {
    encode: (item) => strip(stamped.encode(item)),
    encodeCells: (rows, index) => strip(stamped.encodeCells(rows, index)),
  }
}
