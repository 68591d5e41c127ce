import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CopiedRows } from '../../../src/stores/postgres/copied-rows.js'
import type { RowBlock } from '../../../src/stores/postgres/copy-messages.js'
import { CHUNK_ROWS, type RawRow } from '../../../src/stores/postgres/row-chunks.js'

function blockOf(lines: readonly string[]): RowBlock {
  const messages = lines.map((line) => {
    const text = Buffer.from(`d    ${line}\n`)
    text.writeInt32BE(text.length - 1, 1)
    return text
  })
  return { bytes: new Uint8Array(Buffer.concat(messages)), rows: lines.length }
}

/** Gives blocks one by one, then ends, or fails time and again. */
function rowsFrom(lines: readonly (readonly string[])[], failure?: Error): CopiedRows {
  const blocks = lines.map(blockOf)
  const source = {
    next: () => {
      const block = blocks.shift()
      if (block !== undefined) return Promise.resolve([block])
      return failure === undefined ? Promise.resolve(undefined) : Promise.reject(failure)
    },
    fail: () => undefined,
  }
  return new CopiedRows(source, 2)
}

async function chunksOf(rows: CopiedRows): Promise<RawRow[][]> {
  const chunks: RawRow[][] = []
  for (;;) {
    const chunk = await rows.next()
    if (chunk === undefined) return chunks
    chunks.push(chunk)
  }
}

describe('rows that COPY gives', () => {
  const lines = Array.from(
    { length: CHUNK_ROWS * 5 },
    (_, index) => `${index}\tvälue \\\\ ${index}`,
  )
  const expected = lines.map((_, index) => [String(index), `välue \\ ${index}`])

  test('come so many at a time, however they are in blocks', async () => {
    for (const size of [1, 7, CHUNK_ROWS - 1, CHUNK_ROWS, CHUNK_ROWS + 1, lines.length]) {
      const blocks = Array.from({ length: Math.ceil(lines.length / size) }, (_, index) =>
        lines.slice(index * size, (index + 1) * size),
      )
      const chunks = await chunksOf(rowsFrom(blocks))
      assert.deepEqual(
        chunks.map((chunk) => chunk.length),
        Array.from({ length: lines.length / CHUNK_ROWS }, () => CHUNK_ROWS),
      )
      assert.deepEqual(chunks.flat(), expected)
    }
  })

  test('come less at a time where they are large', async () => {
    const large = Array.from({ length: 5 }, (_, index) => `${index}\t${'x'.repeat(600_000)}`)
    const chunks = await chunksOf(rowsFrom([large]))
    assert.deepEqual(
      chunks.map((chunk) => chunk.map(([id]) => id)),
      [['0', '1'], ['2', '3'], ['4']],
    )
  })

  test('come before the failure behind them, which stays', async () => {
    const rows = rowsFrom([lines.slice(0, 3)], new Error('lost'))
    assert.equal((await rows.next())?.length, 3)
    await assert.rejects(rows.next(), /lost/)
    await assert.rejects(rows.next(), /lost/)
  })

  test('none at all', async () => {
    assert.deepEqual(await chunksOf(rowsFrom([])), [])
  })
})
