import { BSON } from 'mongodb'
import { compareBson } from './compare-bson.js'
import { matches, valueAt } from './match-document.js'
import { decoded } from './wire-protocol.js'

type Query = Readonly<Record<string, unknown>>

/** Documents of a collection, as bytes. */
export interface StoredDocuments {
  readonly name: string
  readonly uuid: BSON.UUID
  readonly options: Query
  readonly type: string
  documents: Buffer[]
  /** Bytes of the `_id`s. */
  readonly ids: Set<string>
}

interface Parsed {
  readonly bytes: Uint8Array
  readonly document: Query
}

/** Runs stages over documents; throws at a stage that is not known. */
export function aggregate(
  documents: readonly Uint8Array[],
  stages: readonly Query[],
): Uint8Array[] {
  let parsed: Parsed[] = documents.map((bytes) => ({ bytes, document: decoded(bytes) }))
  for (const stage of stages) {
    const [[name, argument] = ['', undefined]] = Object.entries(stage)
    const run = STAGES[name]
    if (run === undefined) throw new Error(`Unrecognized pipeline stage name: '${name}'`)
    parsed = run(parsed, argument as Query)
  }
  return parsed.map(({ bytes }) => bytes)
}

const STAGES: Readonly<Record<string, (all: Parsed[], argument: Query) => Parsed[]>> = {
  $match: (all, query) => all.filter(({ document }) => matches(document, query)),
  $sort: (all, by) => all.toSorted((a, b) => compareBy(a.document, b.document, by)),
  $skip: (all, count) => all.slice(Number(count)),
  $limit: (all, count) => all.slice(0, Number(count)),
  $sample: (all, { size }) => all.slice(0, Number(size)),
  $project: (all, fields) => all.map(({ document }) => project(document, fields)),
  $set: (all, fields) => all.map(({ document }) => reparsed({ ...document, ...fields })),
  $unwind: (all, path) =>
    all.flatMap(({ document }) => {
      const field = (path as unknown as string).slice(1)
      const values = document[field]
      return Array.isArray(values)
        ? values.map((value) => reparsed({ ...document, [field]: value as unknown }))
        : []
    }),
}

/** Only takes fields in, or only leaves them out. */
function project(document: Query, fields: Query): Parsed {
  const { _id: id = 1, ...rest } = fields
  const withId = Number(id) !== 0
  const named = Object.entries(rest)
  const isTaken = named.some(([, held]) => Number(held) === 1)
  const taken = Object.entries(document).filter(([name]) => {
    if (name === '_id') return withId
    return isTaken ? name in rest : !(name in rest)
  })
  return reparsed(Object.fromEntries(taken))
}

function reparsed(document: Query): Parsed {
  return { bytes: BSON.serialize(document), document }
}

function compareBy(a: Query, b: Query, by: Query): number {
  for (const [path, direction] of Object.entries(by)) {
    const sign = compareBson(valueAt(a, path) ?? null, valueAt(b, path) ?? null)
    if (sign !== 0) return sign * Number(direction)
  }
  return 0
}
