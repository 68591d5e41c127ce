import { BSON } from 'mongodb'

const OP_REPLY = 1
const OP_QUERY = 2004
const OP_MSG = 2013
const HEADER_BYTES = 16

/** A command as it came over the wire. */
export interface Request {
  readonly id: number
  readonly isQuery: boolean
  readonly command: Record<string, unknown>
  /** Documents that came beside it, as their bytes: what is to be inserted. */
  readonly documents: readonly Buffer[]
}

/** Takes whole messages off the front of what was received. */
export function takeMessages(received: Buffer): { messages: Buffer[]; rest: Buffer } {
  const messages: Buffer[] = []
  let rest = received
  while (rest.length >= HEADER_BYTES && rest.length >= rest.readInt32LE(0)) {
    const length = rest.readInt32LE(0)
    messages.push(rest.subarray(0, length))
    rest = rest.subarray(length)
  }
  return { messages, rest }
}

export function parseRequest(message: Buffer): Request {
  const id = message.readInt32LE(4)
  const isQuery = message.readInt32LE(12) === OP_QUERY
  if (isQuery) {
    // Flags, the name of a collection, how many to skip and to return.
    const start = message.indexOf(0, HEADER_BYTES + 4) + 1 + 8
    return { id, isQuery, command: decoded(documentAt(message, start)), documents: [] }
  }
  let at = HEADER_BYTES + 4
  let command: Record<string, unknown> = {}
  const documents: Buffer[] = []
  while (at < message.length) {
    const kind = message.readUInt8(at)
    at += 1
    if (kind === 0) {
      const body = documentAt(message, at)
      command = decoded(body)
      at += body.length
      continue
    }
    const end = at + message.readInt32LE(at)
    at = message.indexOf(0, at + 4) + 1
    while (at < end) {
      const document = documentAt(message, at)
      documents.push(Buffer.from(document))
      at += document.length
    }
  }
  return { id, isQuery, command, documents }
}

/** Documents that an answer holds are sent as they were received, byte for byte. */
export interface CursorAnswer {
  readonly id: bigint
  readonly ns: string
  readonly batch: 'firstBatch' | 'nextBatch'
  readonly documents: readonly Uint8Array[]
  /** Sent where a snapshot was asked for. */
  readonly atClusterTime?: unknown
}

export function formatReply(request: Request, answer: object, cursor?: CursorAnswer): Buffer {
  const plain = BSON.serialize(answer, { ignoreUndefined: true })
  const body = cursor === undefined ? Buffer.from(plain) : withCursor(plain, cursor)
  const head = request.isQuery ? Buffer.alloc(20) : Buffer.alloc(5)
  if (request.isQuery) head.writeInt32LE(1, 16)
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeInt32LE(HEADER_BYTES + head.length + body.length, 0)
  header.writeInt32LE(request.id, 8)
  header.writeInt32LE(request.isQuery ? OP_REPLY : OP_MSG, 12)
  return Buffer.concat([header, head, body])
}

function withCursor(answer: Uint8Array, cursor: CursorAnswer): Buffer {
  const { id, ns, atClusterTime, documents } = cursor
  const batch = withMembers(
    BSON.serialize({}),
    documents.map((bytes, index) => [3, String(index), bytes]),
  )
  const fields = BSON.serialize({ id, ns, atClusterTime }, { ignoreUndefined: true })
  return withMembers(answer, [[3, 'cursor', withMembers(fields, [[4, cursor.batch, batch]])]])
}

type Member = readonly [code: number, name: string, value: Uint8Array]

function withMembers(document: Uint8Array, members: readonly Member[]): Buffer {
  const parts = members.flatMap(([code, name, value]) => [
    Buffer.of(code),
    Buffer.from(`${name}\0`),
    value,
  ])
  const whole = Buffer.concat([document.subarray(0, -1), ...parts, Buffer.of(0)])
  whole.writeInt32LE(whole.length, 0)
  return whole
}

export function decoded(document: Uint8Array): Record<string, unknown> {
  return BSON.deserialize(document, { promoteValues: false, bsonRegExp: true })
}

function documentAt(bytes: Buffer, at: number): Buffer {
  return bytes.subarray(at, at + bytes.readInt32LE(at))
}
