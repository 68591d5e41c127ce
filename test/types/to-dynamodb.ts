/** What the types of `toDynamodb` take and refuse; checked by the compiler, never run. */
import type { NumberValue } from '../../src/core/number-value.js'
import type { Flow } from '../../src/core/route.js'
import { toDynamodb } from '../../src/sinks/dynamodb/to-dynamodb.js'

interface Item {
  readonly pk: string
  readonly sk: `ORDER#${number}`
  readonly rank: number
  readonly big: bigint
  readonly exact: NumberValue
  readonly bytes: Uint8Array
  readonly mail?: string
  readonly when: Date
}

declare const flow: Flow<Item>
declare const mixed: Flow<
  { readonly pk: string; readonly mail: string } | { readonly pk: string; readonly until: number }
>

flow.to(toDynamodb({ table: 'app', partitionKey: 'pk', sortKey: 'sk' }))
flow.to(toDynamodb({ table: 'app', partitionKey: { name: 'rank', type: 'N' } }))
flow.to(toDynamodb({ table: 'app', partitionKey: { name: 'big', type: 'N' } }))
flow.to(toDynamodb({ table: 'app', partitionKey: { name: 'exact', type: 'N' } }))
flow.to(toDynamodb({ table: 'app', partitionKey: { name: 'bytes', type: 'B' } }))
flow.to(
  toDynamodb({
    table: 'app',
    partitionKey: 'pk',
    create: { indexes: [{ name: 'by-mail', partitionKey: 'mail', sortKey: 'sk' }] },
  }),
)
mixed.to(
  toDynamodb({
    table: 'app',
    partitionKey: 'pk',
    create: { ttl: 'until', indexes: [{ name: 'by-mail', partitionKey: 'mail' }] },
  }),
)

// @ts-expect-error no such attribute
flow.to(toDynamodb({ table: 'app', partitionKey: 'zk' }))
// @ts-expect-error a number is no string key
flow.to(toDynamodb({ table: 'app', partitionKey: 'rank' }))
// @ts-expect-error a string is no number key
flow.to(toDynamodb({ table: 'app', partitionKey: { name: 'pk', type: 'N' } }))
// @ts-expect-error items may lack it
flow.to(toDynamodb({ table: 'app', partitionKey: 'mail' }))
// @ts-expect-error a Date is no key
flow.to(toDynamodb({ table: 'app', partitionKey: 'when' }))
// @ts-expect-error only some items have it
mixed.to(toDynamodb({ table: 'app', partitionKey: 'mail' }))
// @ts-expect-error no such option
flow.to(toDynamodb({ table: 'app', partitionKey: 'pk', regoin: 'eu-west-1' }))
// @ts-expect-error no item has it
flow.to(toDynamodb({ table: 'app', partitionKey: 'pk', create: { ttl: 'until' } }))
