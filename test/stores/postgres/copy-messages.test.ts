import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { CopyMessages } from '../../../src/stores/postgres/copy-messages.js'

interface Message {
  readonly code: string
  readonly body: Uint8Array
}

const message = fc.record({
  code: fc.constantFrom('d', 'd', 'd', 'd', 'C', 'Z', 'N'),
  body: fc.uint8Array({ maxLength: 40 }),
})

function wire({ code, body }: Message): Buffer {
  const bytes = Buffer.alloc(5 + body.length)
  bytes.write(code)
  bytes.writeInt32BE(4 + body.length, 1)
  bytes.set(body, 5)
  return bytes
}

/** Bytes in chunks as a socket brings them: each alone in its memory, or one after another in it. */
function chunksOf(bytes: Buffer, cuts: readonly number[], alone: boolean): Buffer[] {
  const places = cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b)
  return [...places, bytes.length].map((end, index) => {
    const chunk = bytes.subarray(places[index - 1] ?? 0, end)
    return alone ? Buffer.from(new Uint8Array(chunk).buffer) : chunk
  })
}

function take(chunks: readonly Buffer[]): { rows: Buffer; count: number; rest: Buffer } {
  const rows: Uint8Array[] = []
  const rest: Buffer[] = []
  let count = 0
  const messages = new CopyMessages({
    onRows: (block) => {
      // Given away, as to another thread: nothing of it may be read again.
      rows.push(structuredClone(block.bytes, { transfer: [block.bytes.buffer as ArrayBuffer] }))
      count += block.rows
    },
    onRest: (bytes) => rest.push(bytes),
  })
  for (const chunk of chunks) messages.take(chunk)
  return { rows: Buffer.concat(rows), count, rest: Buffer.concat(rest) }
}

describe('messages of COPY', () => {
  test('rows and the rest keep their order and bytes, wherever chunks are cut', () => {
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 20 }),
        fc.array(fc.nat(), { maxLength: 12 }),
        fc.boolean(),
        (messages, cuts, alone) => {
          const chunks = chunksOf(Buffer.concat(messages.map(wire)), cuts, alone)
          const taken = take(chunks)
          const of = (isRow: boolean): Buffer =>
            Buffer.concat(messages.filter(({ code }) => (code === 'd') === isRow).map(wire))
          assert.deepEqual(taken.rows, of(true))
          assert.deepEqual(taken.rest, of(false))
          assert.equal(taken.count, messages.filter(({ code }) => code === 'd').length)
        },
      ),
    )
  })

  test('a row larger than many chunks', () => {
    const body = new Uint8Array(100_000).map((_, index) => index)
    const bytes = wire({ code: 'd', body })
    const cuts = Array.from({ length: 30 }, (_, index) => index * 3_000 + 3)
    const { rows, count, rest } = take(chunksOf(bytes, cuts, true))
    assert.deepEqual(rows, bytes)
    assert.equal(count, 1)
    assert.equal(rest.length, 0)
  })
})
