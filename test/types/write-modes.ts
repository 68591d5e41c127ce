/** What items the modes of `toDynamodb` take and refuse; checked by the compiler, never run. */
import { absent, type Absent } from '../../src/core/absent.js'
import { asRead } from '../../src/core/as-read.js'
import type { Flow } from '../../src/core/route.js'
import { toDynamodb } from '../../src/sinks/dynamodb/to-dynamodb.js'
import { map } from '../../src/stages/map.js'

interface Row {
  readonly pk: string
  readonly sk: string
  readonly price: string
}

declare const whole: Flow<Row>
declare const unknown: Flow<{ readonly pk: string; readonly any: unknown }>
declare const some: Flow<{ readonly pk: string; readonly old?: Absent }>

const removing = whole.pipe(map(({ pk, price }) => ({ pk, cents: Number(price), price: absent })))
const read = whole.pipe(map((row) => ({ pk: row.pk, price: absent, [asRead]: row })))
const keys = whole.pipe(map(({ pk, sk }) => ({ pk, sk })))

whole.to(toDynamodb({ table: 'app', partitionKey: 'pk', mode: 'put', create: {} }))
whole.to(toDynamodb({ table: 'app', partitionKey: 'pk', mode: 'insert', create: {} }))
whole.to(toDynamodb({ table: 'app', partitionKey: 'pk', mode: 'update', duplicates: 'first' }))
unknown.to(toDynamodb({ table: 'app', partitionKey: 'pk', mode: 'insert' }))
removing.to(toDynamodb({ table: 'app', partitionKey: 'pk', mode: 'update' }))
some.to(toDynamodb({ table: 'app', partitionKey: 'pk', mode: 'update' }))
some.to(toDynamodb({ table: 'app', partitionKey: 'pk', mode: 'delete' }))
read.to(toDynamodb({ table: 'app', partitionKey: 'pk', mode: 'update', ifUnchanged: 'touched' }))
keys.to(toDynamodb({ table: 'app', partitionKey: 'pk', sortKey: 'sk', mode: 'delete' }))

// @ts-expect-error what is stored whole has nothing to remove
removing.to(toDynamodb({ table: 'app', partitionKey: 'pk' }))
// @ts-expect-error nor has what is inserted
removing.to(toDynamodb({ table: 'app', partitionKey: 'pk', mode: 'insert' }))
// @ts-expect-error not even sometimes
some.to(toDynamodb({ table: 'app', partitionKey: 'pk' }))
// @ts-expect-error these items do not say what was read
whole.to(toDynamodb({ table: 'app', partitionKey: 'pk', mode: 'update', ifUnchanged: 'all' }))
// @ts-expect-error what is put replaces whatever was read
read.to(toDynamodb({ table: 'app', partitionKey: 'pk', mode: 'insert', ifUnchanged: 'all' }))
// @ts-expect-error a key is needed to delete
keys.to(toDynamodb({ table: 'app', partitionKey: 'pk', sortKey: 'price', mode: 'delete' }))
// @ts-expect-error there is nothing to delete in a new table
keys.to(toDynamodb({ table: 'app', partitionKey: 'pk', mode: 'delete', create: {} }))
// @ts-expect-error nor to update
whole.to(toDynamodb({ table: 'app', partitionKey: 'pk', mode: 'update', create: {} }))
// @ts-expect-error the last of several cannot be inserted
whole.to(toDynamodb({ table: 'app', partitionKey: 'pk', mode: 'insert', duplicates: 'last' }))
// @ts-expect-error no such mode
whole.to(toDynamodb({ table: 'app', partitionKey: 'pk', mode: 'upsert' }))
