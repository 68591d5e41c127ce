import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NumberValue } from '../../src/core/number-value.js'
import type { Source } from '../../src/core/route.js'
import { fromCsv } from '../../src/sources/from-csv.js'

type RowOf<S> = S extends Source<infer Row> ? Row : never
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <_ extends true>(): void => undefined

interface User {
  readonly id: bigint
  readonly name: string
  readonly score: number | null
}

test('the type of a row follows from the options', () => {
  const plain = fromCsv({ path: 'x.csv' })
  const id: string | undefined = ({} as RowOf<typeof plain>)['id']
  assert.equal(id, undefined)

  const named = fromCsv({ path: 'x.csv', columns: ['id', 'name'], types: { id: 'integer' } })
  same<Same<RowOf<typeof named>, { id: bigint; name: string }>>()

  const blank = fromCsv({ path: 'x.csv', columns: ['a'], nulls: ['NA'], ragged: 'pad' })
  same<Same<RowOf<typeof blank>, { a: string | null | undefined }>>()

  const typed = fromCsv({ path: 'x.csv', types: { price: 'decimal', live: 'boolean' } })
  same<Same<RowOf<typeof typed>['price'], NumberValue>>()
  same<Same<RowOf<typeof typed>['live'], boolean>>()

  const user = fromCsv<User>({ path: 'x.csv', types: { id: 'integer', score: 'number' } })
  same<Same<RowOf<typeof user>, User>>()
  const texts = fromCsv<{ a: string; b: 'x' | 'y' }>({ path: 'x.csv' })
  same<Same<RowOf<typeof texts>, { a: string; b: 'x' | 'y' }>>()
})

test('what does not fit is refused by the compiler', () => {
  const refused = [
    // @ts-expect-error a column that is not text must be in `types`
    () => fromCsv<User>({ path: 'x.csv' }),
    // @ts-expect-error of the type that the row says
    () => fromCsv<User>({ path: 'x.csv', types: { id: 'number', score: 'number' } }),
    // @ts-expect-error no such option
    () => fromCsv({ path: 'x.csv', delimeter: ';' }),
    // @ts-expect-error no such type
    () => fromCsv({ path: 'x.csv', types: { id: 'int' } }),
    // @ts-expect-error no such policy
    () => fromCsv({ path: 'x.csv', ragged: 'drop' }),
  ]
  assert.equal(refused.length, 5)
})
