import { isViolation, type Target } from '../../src/core/sink.js'
import { map } from '../../src/stages/map.js'
import { toSmallItem, userRow } from '../rows/generated-rows.js'
import { fromGenerated } from '../rows/generated-source.js'
import { smallItemEncoder, toNothing } from '../rows/null-sink.js'
import { running } from './headrace.js'
import { reading } from './headrace-parts.js'
import { nothingToClose, type Peer } from './peer.js'

type Encode = (item: object) => ReturnType<Target['encode']>

/** Rows made, mapped, encoded and let go of; all bytes of all items must have been encoded. */
const summed =
  (open: (encode: Encode) => Peer): Peer =>
  async (setting) => {
    let bytes = 0
    let expected = 0
    const encoder = smallItemEncoder()
    const subject = await open((item) => {
      const encoded = encoder(item)
      bytes += isViolation(encoded) ? NaN : encoded.bytes
      return encoded
    })(setting)
    return {
      ...subject,
      prepare: (rows) => {
        bytes = 0
        expected = bytesOf(rows)
        return Promise.resolve()
      },
      pass: async (rows) => {
        const done = await subject.pass(rows)
        if (bytes !== expected) throw new Error(`Expected ${expected} bytes, got ${bytes}`)
        return done
      },
    }
  }

function bytesOf(rows: number): number {
  const encode = smallItemEncoder()
  let bytes = 0
  for (let id = 0; id < rows; id += 1) {
    const encoded = encode(toSmallItem(userRow(id)))
    bytes += isViolation(encoded) ? NaN : encoded.bytes
  }
  return bytes
}

/** What one writes without streams, batches and accounts. */
export const plainPipeline = summed((encode) => () => {
  return Promise.resolve({
    pass: (rows) => {
      for (let id = 0; id < rows; id += 1) encode(toSmallItem(userRow(id)))
      return Promise.resolve(rows)
    },
    close: nothingToClose,
  })
})

const flowWith = (encode: Encode) => (_setting: unknown, rows: number) =>
  fromGenerated(rows, userRow).pipe(map(toSmallItem)).to(toNothing({ encode }))

export const streamedPipeline = summed((encode) => reading(flowWith(encode), 1, encode))

/** Also with key index, checkpoints and accounts. */
export const runPipeline = summed((encode) => running(flowWith(encode), false))
