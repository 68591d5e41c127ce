import { env } from '../../src/core/env.js'
import type { Secret } from '../../src/core/env.js'
import type { NumberValue } from '../../src/core/number-value.js'
import { reject, skip } from '../../src/core/outcome.js'
import { checksum, definePipeline } from '../../src/core/pipeline.js'
import { source } from '../../src/core/route.js'
import type { Flow, Source } from '../../src/core/route.js'
import { toDynamodb } from '../../src/sinks/dynamodb/to-dynamodb.js'
import { filter } from '../../src/stages/filter.js'
import { fromCsv } from '../../src/sources/from-csv.js'
import { fromJson } from '../../src/sources/from-json.js'
import { key } from '../../src/stages/key.js'
import { map } from '../../src/stages/map.js'
import { mapAsync } from '../../src/stages/map-async.js'
import { normalize } from '../../src/stages/normalize.js'
import { decimal } from '../../src/stages/normalizers/decimal.js'
import { email } from '../../src/stages/normalizers/email.js'
import { instant } from '../../src/stages/normalizers/instant.js'
import { integer } from '../../src/stages/normalizers/integer.js'
import { nullIf } from '../../src/stages/normalizers/null-if.js'
import { normalizer } from '../../src/stages/normalizers/normalizer.js'
import { oneOf } from '../../src/stages/normalizers/one-of.js'
import { json } from '../../src/stages/normalizers/json.js'
import { titleCase } from '../../src/stages/normalizers/title-case.js'
import { text } from '../../src/stages/normalizers/text.js'
import { omit } from '../../src/stages/omit.js'
import { pick } from '../../src/stages/pick.js'
import { rename } from '../../src/stages/rename.js'
import { set } from '../../src/stages/set.js'
import { through } from '../../src/stages/through.js'
import { validate } from '../../src/stages/validate.js'
import { PassThrough } from 'node:stream'
import * as valibot from 'valibot'
import { z } from 'zod'

// Checked by the compiler only: nothing here runs.

interface UserRow {
  id: bigint
  email: string
  full_name: string | null
  created_at: Date
  price: string
}

interface Given {
  readonly connection: Secret
  readonly table: string
}

declare function fromStore<R extends object>(given: Given): Source<R>
const users = () => fromStore<UserRow>({ connection: env('DATABASE_URL'), table: 'users' })

type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function is<Yes extends true>(yes?: Yes): void {
  void yes
}

// The pipeline of the README.
export default definePipeline({
  name: 'users',
  flow: users()
    .pipe(normalize({ email: email(), full_name: text().optional(), created_at: instant() }))
    .pipe(
      map((user) => ({
        pk: `USER#${user.id}`,
        sk: 'PROFILE',
        email: user.email,
        name: user.full_name,
        createdAt: user.created_at,
      })),
    )
    .to(toDynamodb({ table: 'app', partitionKey: 'pk', sortKey: 'sk', maxWriteUnits: 2_000 })),
  verify: checksum(),
  limits: { rejects: '0.1%' },
})

// A number as key, behind a mapper that skips and rejects.
export const numberKey = users()
  .pipe(normalize({ price: decimal() }))
  .pipe(
    map((user) => {
      is<Equal<typeof user.price, NumberValue>>()
      is<Equal<typeof user.id, bigint>>()
      if (user.email === '') return skip('no email')
      if (user.full_name === null) return reject('no name', { column: 'full_name' })
      return { pk: user.price, who: user.email.length }
    }),
  )
  .to(toDynamodb({ table: 'tab', partitionKey: { name: 'pk', type: 'N' } }))

// Several items of one row, not all with the same attributes, some of them skipped.
export const fanOut = users()
  .pipe(
    map((user, run) => [
      { pk: 'a', sk: 'H', n: 1, at: run.startedAt },
      { pk: 'a', sk: 'L', q: user.id },
      user.email === '' ? skip('none') : { pk: user.email, sk: 'E' },
    ]),
  )
  .to(toDynamodb({ table: 'tab', partitionKey: 'pk', sortKey: 'sk' }))

// An asynchronous mapper.
export const looked = users()
  .pipe(
    mapAsync(
      async (user, { signal, startedAt }) => {
        signal.throwIfAborted()
        return Promise.resolve({ pk: user.email, startedAt })
      },
      { concurrency: 4 },
    ),
  )
  .to(toDynamodb({ table: 'tab', partitionKey: 'pk' }))

// Names and choice of columns.
export const renamed = users()
  .pipe(rename({ full_name: 'name', created_at: 'at' }))
  .pipe(
    map((user) => {
      is<Equal<typeof user.name, string | null>>()
      is<Equal<typeof user.at, Date>>()
      is<Equal<keyof typeof user, 'id' | 'email' | 'name' | 'at' | 'price'>>()
      return user
    }),
  )
export const picked = users()
  .pipe(pick('email', 'id'))
  .pipe(map((user) => (is<Equal<typeof user, Pick<UserRow, 'email' | 'id'>>>(), user)))
  .to(toDynamodb({ table: 'tab', partitionKey: 'email' }))
export const left = users()
  .pipe(omit('price', 'created_at'))
  .pipe(map((user) => (is<Equal<keyof typeof user, 'id' | 'email' | 'full_name'>>(), user)))

// Guards narrow, tests do not.
export const named = users()
  .pipe(filter((user) => user.full_name !== null))
  .pipe(filter((user): user is UserRow & { full_name: string } => user.full_name !== null))
  .pipe(map((user) => ({ pk: user.full_name.length > 0 ? user.full_name : '-' })))
  .to(toDynamodb({ table: 'tab', partitionKey: 'pk' }))

// What normalizers give.
export const normalized = fromStore<{
  a: string
  b?: string
  c: string | null
  d: string | number
  meta: string
}>({ connection: env('X'), table: 't' })
  .pipe(
    normalize({
      a: oneOf(['new', 'used']),
      b: integer().default(0n),
      c: text({ empty: 'null' }).optional(),
      d: normalizer('text', (value: string | number) => String(value)),
      meta: json<{ color: string }>(),
    }),
  )
  .pipe(
    map((row) => {
      is<Equal<typeof row.a, 'new' | 'used'>>()
      is<Equal<typeof row.c, string | null | undefined>>()
      is<Equal<typeof row.d, string>>()
      is<Equal<typeof row.meta.color, string>>()
      return row
    }),
  )
export const nulls = users()
  .pipe(normalize({ price: nullIf(['NA'], integer()), email: nullIf(['']) }))
  .pipe(
    map((row) => {
      is<Equal<typeof row.price, bigint | null>>()
      is<Equal<typeof row.email, string | null>>()
      return row
    }),
  )
export const epoch = users()
  .pipe(normalize({ created_at: instant({ to: 'seconds' }) }))
  .pipe(map((row) => ({ pk: 'a', ttl: row.created_at + 86_400 })))

// Rows of which not all columns are known.
export const csv = fromStore<Record<string, string>>({ connection: env('X'), table: 't' })
  .pipe(normalize({ population: integer(), name: text() }))
  .pipe(
    map((row) => {
      is<Equal<typeof row.population, bigint>>()
      return { pk: row.name, population: row.population }
    }),
  )
  .to(toDynamodb({ table: 'tab', partitionKey: 'pk' }))

export const movies = fromJson({ path: 'movies.json' })
  .pipe(
    normalize({
      Title: text(),
      Released: instant({ from: ['MMM d yyyy'], to: 'date' }).optional(),
      Votes: nullIf(['-'], integer()),
    }),
  )
  .pipe(filter((movie) => movie.Title !== ''))
  .pipe(
    map((movie) => {
      is<Equal<typeof movie.Title, string>>()
      is<Equal<typeof movie.Released, string | undefined>>()
      is<Equal<typeof movie.Votes, bigint | null>>()
      return { pk: movie.Title, sk: 'MOVIE', rating: movie['Rating'] }
    }),
  )
  .to(toDynamodb({ table: 'tab', partitionKey: 'pk', sortKey: 'sk' }))
export const zipcodes = fromCsv({ path: 'zip.csv', columns: ['zip_code', 'latitude', 'city'] })
  .pipe(normalize({ latitude: decimal(), city: titleCase() }))
  .pipe(map((row) => ({ pk: `ZIP#${row.zip_code}`, at: row.latitude, city: row.city })))
  .to(toDynamodb({ table: 'tab', partitionKey: 'pk' }))
export const anyCsv = fromCsv({ path: 'any.csv' })
  .pipe(normalize({ population: integer().optional() }))
  .pipe(map((row) => ({ pk: `${row['name']}`, population: row.population })))
  .to(toDynamodb({ table: 'tab', partitionKey: 'pk' }))

// Schemas of others, and transforms of others.
export const checked = users()
  .pipe(validate(z.object({ email: z.string(), age: z.coerce.number() })))
  .pipe(map((row) => (is<Equal<typeof row.age, number>>(), row)))
  .to(toDynamodb({ table: 'tab', partitionKey: 'email' }))
export const checkedToo = users()
  .pipe(validate(valibot.object({ email: valibot.string() })))
  .to(toDynamodb({ table: 'tab', partitionKey: 'email' }))
export const foreign = users()
  .pipe(through(() => new PassThrough({ objectMode: true }), { rows: 'one-to-one' }))
  .pipe(map((user) => (is<Equal<typeof user.email, string>>(), user)))
  .pipe(
    through<UserRow, { pk: string }>(() => new PassThrough({ objectMode: true }), {
      rows: 'barrier',
    }),
  )
  .to(toDynamodb({ table: 'tab', partitionKey: 'pk' }))

// Must not compile: a column that is not there.
export const unknownColumn = users()
  // @ts-expect-error
  .pipe(normalize({ nope: text() }))
export const unknownAmongKnown = users()
  // @ts-expect-error
  .pipe(normalize({ email: email(), nope: text() }))
export const unknownRename = users()
  // @ts-expect-error
  .pipe(rename({ nope: 'name' }))
export const unknownPick = users()
  // @ts-expect-error
  .pipe(pick('email', 'nope'))
export const unknownOmit = users()
  // @ts-expect-error
  .pipe(omit('nope'))
export const goneByRename = users()
  .pipe(rename({ full_name: 'name' }))
  // @ts-expect-error
  .pipe(map((user) => ({ pk: user.full_name })))

// A normalizer that does not fit the column's type.
export const wrongNormalizer = users()
  // @ts-expect-error
  .pipe(normalize({ id: text() }))
export const nullNotTaken = users()
  // @ts-expect-error
  .pipe(normalize({ full_name: text() }))
export const wrongInner = users()
  // @ts-expect-error
  .pipe(normalize({ id: nullIf(['NA'], text()) }))

// A key attribute that is missing, or of a type that cannot be a key.
export const noKey = users()
  .pipe(map((user) => ({ pk: user.email })))
  // @ts-expect-error
  .to(toDynamodb({ table: 'tab', partitionKey: 'zk' }))
export const wrongKey = users()
  .pipe(map((user) => ({ pk: user.id, x: 1 })))
  // @ts-expect-error
  .to(toDynamodb({ table: 'tab', partitionKey: 'pk' }))
export const nullableKey = users()
  .pipe(normalize({ full_name: text().optional() }))
  // @ts-expect-error
  .to(toDynamodb({ table: 'tab', partitionKey: 'full_name' }))
export const keyOfSome = users()
  .pipe(map((user) => [{ pk: 'a' }, { qk: user.email }]))
  // @ts-expect-error
  .to(toDynamodb({ table: 'tab', partitionKey: 'pk' }))
export const numberForText = users()
  // @ts-expect-error
  .to(toDynamodb({ table: 'tab', partitionKey: { name: 'email', type: 'N' } }))

// A stage that does not take the rows, a mapper that gives no row, a schema that gives none.
const byName = map((row: { name: string }) => ({ pk: row.name }))
export const wrongRow = users()
  // @ts-expect-error
  .pipe(byName)
export const notARow = users()
  // @ts-expect-error
  .pipe(map((user) => user.email))
// @ts-expect-error
export const notASchema = users().pipe(validate(z.string()))
export const noTest = users()
  // @ts-expect-error
  .pipe(filter((user) => user.email))
void source

// Keys of declared columns.
const keyed = users().pipe(
  set({ pk: key`USER#${'id'}`, sk: 'PROFILE', price: key`${'price'} ${'email'}`, version: 1 }),
)
is<
  Equal<
    typeof keyed extends Flow<infer R> ? R : never,
    {
      id: bigint
      email: string
      full_name: string | null
      created_at: Date
      price: string
      pk: string
      sk: 'PROFILE'
      version: 1
    }
  >
>()
keyed.pipe(map((user) => ({ pk: user.pk, sk: user.sk.toLowerCase(), id: user.id + 1n })))
keyed.to(toDynamodb({ table: 'app', partitionKey: 'pk', sortKey: 'sk' }))
// @ts-expect-error no such column
users().pipe(set({ pk: key`USER#${'uid'}` }))
// @ts-expect-error a function is for map()
users().pipe(set({ pk: () => 'x' }))
