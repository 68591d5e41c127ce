import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { rowBatch, type RowBatch } from '../../src/core/row-batch.js'
import { isViolation, type EncodedItem } from '../../src/core/sink.js'
import { createItemDigest, emptyDigest } from '../../src/formats/item-digest.js'
import { KeyLanes } from '../../src/sinks/dynamodb/key-lanes.js'
import { Pace } from '../../src/sinks/dynamodb/pace.js'
import { map } from '../../src/stages/map.js'
import { generatedBatches, generatedItem, type SmallItem } from '../rows/generated-rows.js'
import { smallItemEncoder } from '../rows/null-sink.js'
import { nothingToClose, type Peer } from './peer.js'

const BATCH_ROWS = 500
const HOPS = 3
const REQUEST_ITEMS = 25
const OUT_ITEMS = 16 * REQUEST_ITEMS

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

/** Encodes items and then does something with each text; counts them. */
const encoding = (open: () => (encoded: EncodedItem) => void): Peer =>
  looping((rows) => {
    const encode = smallItemEncoder()
    const use = open()
    let count = 0
    for (const items of generatedBatches('small', rows, BATCH_ROWS)) {
      for (const item of items) {
        const one = encode(item)
        if (isViolation(one)) continue
        // In every case the text is made flat, as sending it does.
        Buffer.byteLength(one.text)
        use(one)
        count += 1
      }
    }
    return count
  })

export const encodeOnly = encoding(() => () => undefined)

export const encodeAndDigest = encoding(() => {
  const digest = createItemDigest('bench')
  const lanes = emptyDigest()
  return ({ text }) => digest.add(lanes, text)
})

interface LaneItem {
  readonly key: string
  keyHash: number
}

/** With as many items out as sixteen requests hold. */
export const encodeInLanes = encoding(() => {
  const keyLanes = new KeyLanes<LaneItem>('last')
  const out: LaneItem[] = []
  return ({ key }) => {
    const item = { key, keyHash: 0 }
    keyLanes.admit(item, 0)
    const first = out.length < OUT_ITEMS ? undefined : out.shift()
    out.push(item)
    if (first !== undefined) keyLanes.settle(first, true, 0)
  }
})

/** With the unlimited table's pace asked for each request, and told of each item. */
export const encodeWithPace = encoding(() => {
  const unknown = { atFirst: undefined, atMost: undefined }
  const capacity = { table: unknown, indexes: new Map(), capUnitsPerSecond: undefined }
  const pace = new Pace(capacity, performance.now())
  let units = 0
  let items = 0
  return ({ writeUnits }) => {
    units += writeUnits
    items += 1
    if (items < REQUEST_ITEMS) return
    pace.take(units, performance.now())
    const consumed = { table: units, indexes: new Map() }
    pace.settle(units, consumed, performance.now())
    for (; items > 0; items -= 1) pace.count(false, false)
    pace.adapt(performance.now())
    units = 0
  }
})

/** The same items by string concatenation: nothing is looked at, and no other item is possible. */
export const encodeUnchecked = looping((rows) => {
  let count = 0
  for (const items of generatedBatches('small', rows, BATCH_ROWS)) {
    for (const item of items) {
      const text = uncheckedText(item)
      if (Buffer.byteLength(text) > 0) count += 1
    }
  }
  return count
})

export function uncheckedText(item: SmallItem): string {
  return (
    `{"active":{"BOOL":${item.active}},"city":{"S":${JSON.stringify(item.city)}},` +
    `"country":{"S":${JSON.stringify(item.country)}},` +
    `"createdAt":{"S":${JSON.stringify(item.createdAt)}},` +
    `"email":{"S":${JSON.stringify(item.email)}},"name":{"S":${JSON.stringify(item.name)}},` +
    `"pk":{"S":${JSON.stringify(item.pk)}},"score":{"N":"${item.score}"},` +
    `"sk":{"S":${JSON.stringify(item.sk)}},"visits":{"N":"${item.visits}"}}`
  )
}
