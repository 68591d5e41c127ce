import { createHash } from 'node:crypto'

/** How each put of a BatchWriteItem begins; in a string its quotes would be escaped. */
const PUT = Buffer.from('{"PutRequest":{"Item":')
const PAGE_BYTES = 1024 * 1024

/** What was received since it was last asked to forget. */
export interface Counts {
  readonly requests: number
  readonly items: number
  readonly bytes: number
  /** Sum of the digests of the items, in hex; empty when not asked for. */
  readonly digest: string
  /** Processor time of the stand-in meanwhile. */
  readonly cpuMicros: number
}

export type Keeping = 'counts' | 'digest' | 'items'

/** Counts what is written, and digests or keeps it when asked to. */
export class Received {
  #keeping: Keeping = 'counts'
  #requests = 0
  #items = 0
  #bytes = 0
  #sum = 0n
  #pages: string[][] = [[]]
  #pageBytes = 0

  reset(keeping: Keeping): void {
    this.#keeping = keeping
    this.#requests = 0
    this.#items = 0
    this.#bytes = 0
    this.#sum = 0n
    if (keeping !== 'items') return
    this.#pages = [[]]
    this.#pageBytes = 0
  }

  take(body: Buffer, bytes: number): void {
    this.#requests += 1
    this.#bytes += bytes
    for (let at = body.indexOf(PUT); at >= 0; at = body.indexOf(PUT, at + PUT.length)) {
      this.#items += 1
    }
    if (this.#keeping === 'digest') for (const item of itemsOf(body)) this.#sum += itemDigest(item)
    if (this.#keeping === 'items') for (const item of itemsOf(body)) this.#keep(item)
  }

  get counts(): Omit<Counts, 'cpuMicros'> {
    const digest = this.#keeping === 'digest' ? digestText(this.#sum) : ''
    return { requests: this.#requests, items: this.#items, bytes: this.#bytes, digest }
  }

  /** The page of a scan, as an answer. */
  page(request: ScanRequest): string {
    const { Segment = 0, TotalSegments = 1 } = request
    const number = Number(request.ExclusiveStartKey?.['pk']?.['S'] ?? Segment)
    const items = this.#pages[number] ?? []
    const next = number + TotalSegments
    const last = next >= this.#pages.length
    const more = last ? '' : `,"LastEvaluatedKey":{"pk":{"S":"${next}"},"sk":{"S":"page"}}`
    const count = `"Count":${items.length},"ScannedCount":${items.length}`
    return `{"Items":[${items.join(',')}],${count}${more}}`
  }

  #keep(item: StoredAttributes): void {
    const text = JSON.stringify(item)
    if (this.#pageBytes + text.length > PAGE_BYTES) {
      this.#pages.push([])
      this.#pageBytes = 0
    }
    this.#pages.at(-1)?.push(text)
    this.#pageBytes += text.length
  }
}

export type StoredAttributes = Readonly<Record<string, Readonly<Record<string, unknown>>>>

export interface ScanRequest {
  readonly Segment?: number
  readonly TotalSegments?: number
  readonly ExclusiveStartKey?: Readonly<Record<string, Readonly<Record<string, string>>>>
}

interface WriteRequest {
  readonly RequestItems: Readonly<
    Record<string, readonly { readonly PutRequest: { readonly Item: StoredAttributes } }[]>
  >
}

function itemsOf(body: Buffer): StoredAttributes[] {
  const { RequestItems } = JSON.parse(body.toString()) as WriteRequest
  return Object.values(RequestItems)
    .flat()
    .map(({ PutRequest }) => PutRequest.Item)
}

/** Attributes that a library adds by itself, which no other writes. */
const ADDED = /^__edb_/
/** Microseconds that are none: some clients write times in milliseconds. */
const WHOLE_MILLISECONDS = /(\.\d{3})000Z$/

/** Equal for equal items, in whatever order their attributes were written. */
export function itemDigest(item: StoredAttributes): bigint {
  const entries = Object.entries(item)
    .filter(([name]) => !ADDED.test(name))
    .map(([name, value]) => [name, canonical(value)])
    .sort(([a], [b]) => ((a as string) < (b as string) ? -1 : 1))
  const hash = createHash('sha256').update(JSON.stringify(entries)).digest()
  return hash.readBigUInt64BE()
}

function canonical(value: StoredAttributes[string]): unknown {
  const { N, S } = value
  if (N !== undefined) return { N: Number(N) }
  return typeof S === 'string' ? { S: S.replace(WHOLE_MILLISECONDS, '$1Z') } : value
}

/** Digests are summed, so that the order of the items does not matter. */
export function digestText(sum: bigint): string {
  return BigInt.asUintN(64, sum).toString(16).padStart(16, '0')
}
