import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { rowBatch, type RowBatch } from '../../src/core/row-batch.js'
import { isViolation } from '../../src/core/sink.js'
import { createItemEncoder } from '../../src/formats/dynamodb/item-encoder.js'
import { createItemDigest, emptyDigest } from '../../src/formats/item-digest.js'
import { map } from '../../src/stages/map.js'
import { generatedBatches, generatedItem, type SmallItem } from '../rows/generated-rows.js'
import { nothingToClose, type Peer } from './peer.js'

const BATCH_ROWS = 500
const HOPS = 3

const same = (row: SmallItem): SmallItem => row

const looping = (pass: (rows: number) => Promise<number> | number): Peer => {
  return () =>
    Promise.resolve({
      pass: async (rows) => pass(rows),
      close: nothingToClose,
    })
}

/** The same batch again and again: rows are not what is measured. */
function* batches(rows: number): Generator<RowBatch<SmallItem>> {
  const items = Array.from({ length: BATCH_ROWS }, (_, id) => generatedItem('small', id))
  for (let at = 0; at < rows; at += BATCH_ROWS) {
    const count = Math.min(BATCH_ROWS, rows - at)
    const some = items.slice(0, count)
    yield rowBatch(some, {
      partition: 'all',
      firstRow: at,
      count,
      rows: some,
      cursor: at + count,
      locate: () => ({ of: 'generated' }),
    })
  }
}

export const plainLoop = looping((rows) => {
  let seen = 0
  for (const batch of batches(rows)) {
    let made: readonly SmallItem[] = batch.rows
    for (let hop = 0; hop < HOPS; hop += 1) made = made.map(same)
    seen += made.length
  }
  return seen
})

export const threeHops = looping(async (rows) => {
  let seen = 0
  const sink = new Writable({
    objectMode: true,
    highWaterMark: 1,
    write: (batch: RowBatch, _encoding, done) => {
      seen += batch.rows.length
      done()
    },
  })
  const hops = Array.from({ length: HOPS }, () => map(same).transform())
  const source = Readable.from(batches(rows), { objectMode: true, highWaterMark: 1 })
  await pipeline([source, ...hops, sink])
  return seen
})

export const encodeOnly = (digested: boolean): Peer =>
  looping((rows) => {
    const encoder = createItemEncoder({
      partitionKey: { name: 'pk', type: 'S' },
      sortKey: { name: 'sk', type: 'S' },
    })
    const digest = createItemDigest('bench')
    const lanes = emptyDigest()
    let encoded = 0
    for (const items of generatedBatches('small', rows, BATCH_ROWS)) {
      for (const item of items) {
        const one = encoder.encode(item)
        if (isViolation(one)) continue
        // Also without the digest the text is made flat, as sending it does.
        if (digested) digest.add(lanes, one.text)
        else Buffer.byteLength(one.text)
        encoded += 1
      }
    }
    return encoded
  })
