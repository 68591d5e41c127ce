/** Rows as a table of users has them, all different, made from their number alone. */
export interface UserRow {
  readonly id: number
  readonly email: string
  readonly full_name: string
  readonly city: string
  readonly country: string
  readonly active: boolean
  readonly score: number
  readonly visits: number
  readonly created_at: string
}

/** Items of 10 attributes, about 255 bytes as JSON and 320 as DynamoDB JSON. */
export interface SmallItem {
  readonly pk: string
  readonly sk: string
  readonly email: string
  readonly name: string
  readonly city: string
  readonly country: string
  readonly active: boolean
  readonly score: number
  readonly visits: number
  readonly createdAt: string
}

/** Items of 16 attributes, about 1000 bytes as JSON. */
export interface LargeItem extends SmallItem {
  readonly bio: string
  readonly address: string
  readonly phone: string
  readonly company: string
  readonly title: string
  readonly website: string
}

const CITIES = ['Amsterdam', 'Zürich', 'New York', 'São Paulo', 'Singapore', 'Nairobi', 'Oslo']
const COUNTRIES = ['NL', 'CH', 'US', 'BR', 'SG', 'KE', 'NO']
const EPOCH_MS = Date.UTC(2020, 0, 1)
const SPREAD_MS = 12_342_857
/** Made once: formatting a time takes as long as encoding three attributes. */
const TIMES = Array.from({ length: 10_000 }, (_, index) =>
  new Date(EPOCH_MS + index * SPREAD_MS).toISOString(),
)

export function userRow(id: number): UserRow {
  const place = id % CITIES.length
  return {
    id,
    email: `user.number.${id}@department.example.com`,
    full_name: `Given-Name Middle-Name Family-Name ${id}`,
    city: CITIES[place] as string,
    country: COUNTRIES[place] as string,
    active: id % 3 !== 0,
    score: (id % 10_000) / 16,
    visits: id % 997,
    created_at: TIMES[id % TIMES.length] as string,
  }
}

/** The mapping that every peer does. */
export function toSmallItem(row: UserRow | { readonly [K in keyof UserRow]: unknown }): SmallItem {
  const { id, email, full_name, city, country, active, score, visits, created_at } = row as UserRow
  return {
    pk: `USER#${id}`,
    sk: 'PROFILE',
    email,
    name: full_name,
    city,
    country,
    active,
    score,
    visits,
    createdAt: created_at,
  }
}

const LOREM =
  'Reads exports, normalizes what they hold, and writes it down again: "quoted", with commas, ' +
  'some words of length and a line\nbreak. '
const BIO = (LOREM + LOREM + LOREM).slice(0, 414)

/** Written out: copying the small item and adding to it would take longer than encoding it. */
export function toLargeItem(row: UserRow): LargeItem {
  const { id, email, full_name, city, country, active, score, visits, created_at } = row
  return {
    pk: `USER#${id}`,
    sk: 'PROFILE',
    email,
    name: full_name,
    city,
    country,
    active,
    score,
    visits,
    createdAt: created_at,
    bio: BIO + id,
    address: `${visits} Long Street Name, ${city}, ${country}, Building ${visits}`,
    phone: '+31 20 123 45 67',
    company: `Company of ${full_name} and Partners, Incorporated`,
    title: 'Principal Engineer of Data Movement',
    website: `https://www.example.com/people/${country}/${id}/profile.html`,
  }
}

export type ItemSize = 'small' | 'large'

export function generatedItem(size: ItemSize, id: number): SmallItem | LargeItem {
  const row = userRow(id)
  return size === 'small' ? toSmallItem(row) : toLargeItem(row)
}

/** Items with the numbers from 0, in groups. */
export function* generatedBatches(
  size: ItemSize,
  items: number,
  batchItems: number,
): Generator<(SmallItem | LargeItem)[]> {
  for (let at = 0; at < items; at += batchItems) {
    const length = Math.min(batchItems, items - at)
    yield Array.from({ length }, (_, index) => generatedItem(size, at + index))
  }
}
