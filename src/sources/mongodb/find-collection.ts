import type { Db } from 'mongodb'
import { HeadraceError } from '../../core/errors.js'
import { nearestName } from '../../core/known-options.js'
import { isUnauthorized } from '../../stores/mongodb/mongodb-errors.js'
import { whyIdsAreLost } from './keeps-ids.js'
import type { QueryDocument } from './mongodb-options.js'

/** What is read, as the database lists it. */
export interface FoundCollection {
  /** With its database: `shop.orders`. */
  readonly label: string
  readonly kind: 'collection' | 'view' | 'timeseries'
  /** Another one of the same name has another. */
  readonly uuid: string | undefined
  /** Why `_id` does not tell its documents apart, as a part of a sentence. */
  readonly idsAreLost: string | undefined
}

interface Listed {
  readonly name: string
  readonly type?: string
  readonly options?: { readonly viewOn?: string; readonly pipeline?: readonly QueryDocument[] }
  readonly info?: { readonly uuid?: { toString(): string } }
}

/** @throws HeadraceError `SOURCE_NOT_FOUND`, naming the one that was probably meant */
export async function findCollection(database: Db, name: string): Promise<FoundCollection> {
  const label = `${database.databaseName}.${name}`
  const listed = await listedAs(database, name)
  if (listed === undefined) throw await notFound(database, name)
  const { type = 'collection', info } = listed
  const kind = type === 'view' || type === 'timeseries' ? type : 'collection'
  const uuid = info?.uuid?.toString()
  return { label, kind, uuid, idsAreLost: await whyLost(database, listed, label) }
}

async function whyLost(
  database: Db,
  { type, options }: Listed,
  label: string,
): Promise<string | undefined> {
  if (type === 'timeseries') return `${label} is a time-series collection`
  if (type !== 'view') return undefined
  const { viewOn, pipeline } = options ?? {}
  if (viewOn === undefined || pipeline === undefined) {
    return `${label} is a view of which the definition cannot be read`
  }
  const why = whyIdsAreLost(pipeline)
  if (why !== undefined) return `${label} is a view, and its ${why}`
  const base = await listedAs(database, viewOn)
  return base === undefined ? undefined : whyLost(database, base, label)
}

/** Who may not list collections may list the names of those that he may read. */
async function listedAs(database: Db, name: string): Promise<Listed | undefined> {
  try {
    const listed = (await database.listCollections({ name }).toArray()) as Listed[]
    // Not every server heeds the filter.
    return listed.find((one) => one.name === name)
  } catch (error) {
    if (!isUnauthorized(error)) throw error
    const names = await listNames(database)
    return names.find((listed) => listed.name === name)
  }
}

async function listNames(database: Db): Promise<Listed[]> {
  const options = { nameOnly: true, authorizedCollections: true }
  return (await database.listCollections({}, options).toArray()) as Listed[]
}

async function notFound(database: Db, name: string): Promise<HeadraceError> {
  const names = (await listNames(database)).map((listed) => listed.name).sort()
  const meant = nearestName(name, names)
  const some = names.slice(0, 20).join(', ')
  const rest = names.length > 20 ? `, and ${names.length - 20} more` : ''
  const has = names.length === 0 ? 'It has no collections.' : `It has ${some}${rest}.`
  return new HeadraceError(
    'SOURCE_NOT_FOUND',
    `Database ${database.databaseName} has no collection ${name}`,
    { hint: meant === undefined ? has : `Did you mean ${meant}?` },
  )
}
