import { BSON } from 'mongodb'

/**
 * An `_id` as a document holds it: the bytes of the document `{ _id }`, in base64. As a value it
 * might change on the way, since JavaScript puts keys that look like numbers before others.
 */
export type IdText = string

const ID = '_id'
const HEAD_BYTES = 4
const OBJECT_CODE = 3

/** `undefined` where the document has none. */
export function idText(document: Uint8Array): IdText | undefined {
  for (const [code, nameAt, nameLength, valueAt, valueLength] of elements(document)) {
    if (nameLength !== ID.length || name(document, nameAt, nameLength) !== ID) continue
    return alone(code, ID, document.subarray(valueAt, valueAt + valueLength)).toString('base64')
  }
  return undefined
}

/** Number of its BSON type, as `$type` takes it. */
export function idCode(text: IdText): number {
  return Buffer.from(text, 'base64').readInt8(HEAD_BYTES)
}

/** A value that is written to the server with the very same bytes. */
export function idValue(text: IdText): unknown {
  return exactMembers(Buffer.from(text, 'base64')).get(ID)
}

/** True for what `_id`s are made of, as far as ranges may end in them. */
export function isIdText(value: unknown): value is IdText {
  if (typeof value !== 'string') return false
  try {
    return idText(Buffer.from(value, 'base64')) === value
  } catch {
    return false
  }
}

function exactMembers(document: Uint8Array): Map<string, unknown> {
  const members = new Map<string, unknown>()
  for (const [code, nameAt, nameLength, valueAt, valueLength] of elements(document)) {
    const bytes = document.subarray(valueAt, valueAt + valueLength)
    members.set(name(document, nameAt, nameLength), exactValue(code, bytes))
  }
  return members
}

function exactValue(code: number, bytes: Uint8Array): unknown {
  if (code === OBJECT_CODE) return exactMembers(bytes)
  const document = BSON.deserialize(alone(code, ID, bytes), {
    promoteValues: false,
    bsonRegExp: true,
  })
  return document[ID] as unknown
}

/** A document of one member. */
function alone(code: number, key: string, value: Uint8Array): Buffer {
  const length = HEAD_BYTES + 1 + key.length + 1 + value.length + 1
  const bytes = Buffer.alloc(length)
  bytes.writeInt32LE(length, 0)
  bytes.writeUInt8(code & 0xff, HEAD_BYTES)
  bytes.write(key, HEAD_BYTES + 1, 'latin1')
  bytes.set(value, HEAD_BYTES + 1 + key.length + 1)
  return bytes
}

/** Number of the type, place and length of the name, place and length of the value. */
function elements(document: Uint8Array): Iterable<[number, number, number, number, number]> {
  return BSON.onDemand.parseToElements(document)
}

function name(document: Uint8Array, at: number, length: number): string {
  return Buffer.from(document.buffer, document.byteOffset + at, length).toString('utf8')
}
