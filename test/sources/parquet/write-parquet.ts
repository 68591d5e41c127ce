import { appendFileSync, writeFileSync } from 'node:fs'

/** A value of Thrift's compact protocol, which the headers of a Parquet file are written in. */
type Thrift = { readonly i32: number } | { readonly i64: number } | string | Fields | Thrift[]
/** A struct, by the numbers of its fields, in their order. */
type Fields = { readonly fields: Readonly<Record<number, Thrift>> }

const MAGIC = Buffer.from('PAR1')
const INT64 = 2
const BYTE_ARRAY = 6
const UTF8 = 0

const i32 = (value: number): Thrift => ({ i32: value })
const i64 = (value: number): Thrift => ({ i64: value })
const struct = (fields: Readonly<Record<number, Thrift>>): Fields => ({ fields })

/**
 * Writes a file of rows with an `id` from 1 and a `filler`, without nulls or compression; row group
 * by row group, so that a test of memory does not measure this.
 */
export function writeParquet(
  path: string,
  rows: number,
  fillerLength: number,
  groupRows: number,
): void {
  const groups: Thrift[] = []
  let offset = MAGIC.length
  writeFileSync(path, MAGIC)
  for (let first = 1; first <= rows; first += groupRows) {
    const count = Math.min(groupRows, rows - first + 1)
    const columns: Thrift[] = []
    for (const [name, type, values] of [
      ['id', INT64, ids(first, count)],
      ['filler', BYTE_ARRAY, fillers(count, fillerLength)],
    ] as const) {
      const chunk = page(values, count)
      columns.push(columnChunk(name, type, count, offset, chunk.length))
      appendFileSync(path, chunk)
      offset += chunk.length
    }
    groups.push(struct({ 1: columns, 2: i64(0), 3: i64(count) }))
  }
  const schema: Thrift[] = [
    struct({ 4: 'rows', 5: i32(2) }),
    struct({ 1: i32(INT64), 3: i32(0), 4: 'id' }),
    struct({ 1: i32(BYTE_ARRAY), 3: i32(0), 4: 'filler', 6: i32(UTF8) }),
  ]
  const footer = encoded(struct({ 1: i32(1), 2: schema, 3: i64(rows), 4: groups }))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(footer.length)
  appendFileSync(path, Buffer.concat([footer, length, MAGIC]))
}

function ids(first: number, count: number): Buffer {
  return Buffer.from(BigInt64Array.from({ length: count }, (_, i) => BigInt(first + i)).buffer)
}

function fillers(count: number, length: number): Buffer {
  const one = Buffer.alloc(4 + length, 'x')
  one.writeUInt32LE(length)
  return Buffer.concat(Array.from({ length: count }, () => one))
}

function page(values: Buffer, count: number): Buffer {
  const size = i32(values.length)
  const data = struct({ 1: i32(count), 2: i32(0), 3: i32(3), 4: i32(3) })
  return Buffer.concat([encoded(struct({ 1: i32(0), 2: size, 3: size, 5: data })), values])
}

function columnChunk(name: string, type: number, count: number, offset: number, size: number) {
  return struct({
    2: i64(offset),
    3: struct({
      1: i32(type),
      2: [i32(0)],
      3: [name],
      4: i32(0),
      5: i64(count),
      6: i64(size),
      7: i64(size),
      9: i64(offset),
    }),
  })
}

function encoded(value: Thrift): Buffer {
  if (typeof value === 'string') return Buffer.concat([varint(value.length), Buffer.from(value)])
  if (Array.isArray(value)) {
    const type = kind(value[0] ?? '')
    const long = value.length >= 15
    const head = long ? [Buffer.from([0xf0 | type]), varint(value.length)] : []
    const short = long ? [] : [Buffer.from([(value.length << 4) | type])]
    return Buffer.concat([...head, ...short, ...value.map(encoded)])
  }
  if (!('fields' in value)) return varint(('i32' in value ? value.i32 : value.i64) * 2)
  const parts: Buffer[] = []
  let before = 0
  for (const [number, field] of Object.entries(value.fields)) {
    parts.push(Buffer.from([((Number(number) - before) << 4) | kind(field)]), encoded(field))
    before = Number(number)
  }
  return Buffer.concat([...parts, Buffer.from([0])])
}

function kind(value: Thrift): number {
  if (typeof value === 'string') return 8
  if (Array.isArray(value)) return 9
  return 'fields' in value ? 12 : 'i32' in value ? 5 : 6
}

/** Of what is not negative. */
function varint(value: number): Buffer {
  const bytes: number[] = []
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return Buffer.from([...bytes, left])
    bytes.push((left % 128) | 0x80)
  }
}
