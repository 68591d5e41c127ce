/** What the types of `migrate` take and refuse; checked by the compiler, never run. */
import { absent } from '../../src/core/absent.js'
import { reject } from '../../src/core/outcome.js'
import { migrate } from '../../src/run/migrate/migrate.js'

interface Product {
  readonly id: string
  readonly rank: number
  readonly price: string | number
}

const table = 'products'
const done = (item: Product): boolean => typeof item.price === 'number'
const change = ({ price }: Product) =>
  price === '' ? reject('no price') : { price: Number(price), old: absent }

migrate<Product>({ table, partitionKey: 'id', done, change })
migrate<Product>({ table, partitionKey: { name: 'rank', type: 'N' }, sortKey: 'id', done, change })
migrate({ table, partitionKey: 'id', done, change })
// @ts-expect-error rank is a number
migrate<Product>({ table, partitionKey: 'rank', done, change })
// @ts-expect-error there is no such attribute
migrate<Product>({ table, partitionKey: 'key', done, change })
// @ts-expect-error it is not said which items are done
migrate<Product>({ table, partitionKey: 'id', change })
// @ts-expect-error a promise is no answer
migrate<Product>({ table, partitionKey: 'id', done: async () => true, change })
// @ts-expect-error an item has no such attribute
migrate<Product>({ table, partitionKey: 'id', done: ({ prize }) => prize === 1, change })
