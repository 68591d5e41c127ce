import { HeadraceError } from '../../core/errors.js'
import { requireKnownOptions } from '../../core/known-options.js'
import type { Route } from '../../core/route.js'
import type { DynamodbOptions } from '../../sinks/dynamodb/options.js'
import { toDynamodb } from '../../sinks/dynamodb/to-dynamodb.js'
import { fromDynamodb } from '../../sources/from-dynamodb.js'
import { defineStage } from '../../stages/define-stage.js'
import { itemUpdate, type ItemUpdate } from './item-update.js'
import type { MigrateOptions } from './migrate-options.js'

const OPTIONS: Readonly<Record<keyof MigrateOptions<object>, true>> = {
  table: true,
  partitionKey: true,
  sortKey: true,
  done: true,
  change: true,
  ifUnchanged: true,
  segments: true,
  maxReadUnits: true,
  maxWriteUnits: true,
  concurrency: true,
  region: true,
  endpoint: true,
  client: true,
}

/**
 * Changes the items of a table in place, beside those who write to it: an update is carried out
 * only on what it was made of, and is made anew where somebody came between. Run it again after
 * whatever happened: it does what is left. With `verify: allDone()`, each run ends with a look at
 * the whole table. Items that others write afterwards in the old form take another run: change the
 * writers first.
 *
 * @throws HeadraceError `PIPELINE_INVALID` for options that are unknown, wrong or contradictory
 * @example
 * migrate<Product>({
 *   table: 'products',
 *   partitionKey: 'id',
 *   done: (item) => typeof item.price !== 'string',
 *   change: (item) => ({ price: new NumberValue(item.price) }),
 * })
 */
export function migrate<R extends object>(options: MigrateOptions<R>): Route {
  requireKnownOptions('migrate()', options, Object.keys(OPTIONS))
  const { done, change, partitionKey, sortKey, ifUnchanged = 'all' } = options
  for (const [name, given] of Object.entries({ done, change })) {
    if (typeof given === 'function') continue
    throw new HeadraceError(
      'PIPELINE_INVALID',
      `migrate(): expected \`${name}\` to be a function; got ${typeof given}`,
    )
  }
  const keys = sortKey === undefined ? [partitionKey] : [partitionKey, sortKey]
  const keyNames = keys.map((key) => (typeof key === 'string' ? key : nameOf(key)))
  const update = itemUpdate<R>({ keyNames, done, change })
  const { table, segments, maxReadUnits, maxWriteUnits, concurrency } = options
  const { region, endpoint, client } = options
  const access = given({ table, region, endpoint, client })
  return fromDynamodb<R>({ ...access, table, ...given({ segments, maxReadUnits }) })
    .pipe(
      defineStage<R, ItemUpdate>({
        type: 'migrate',
        options: {},
        operator: { kind: 'row', open: () => update },
      }),
    )
    .to(
      toDynamodb<ItemUpdate>({
        ...access,
        ...given({ maxWriteUnits, concurrency }),
        ...given({ partitionKey, sortKey }),
        mode: 'update',
        ifUnchanged,
        uniqueKeys: true,
        onConflict: (now: R | undefined) => {
          const made = now === undefined ? undefined : update(now)
          return made !== undefined && 'kind' in made && made.kind === 'skip' ? undefined : made
        },
        // Keys are checked against `R` above.
      } as unknown as DynamodbOptions<ItemUpdate>),
    )
}

function nameOf(key: unknown): string {
  const name = (key as { readonly name?: unknown } | null | undefined)?.name
  return typeof name === 'string' ? name : ''
}

/** The options among these that were given. */
function given<T extends object>(options: T): { [K in keyof T]: NonNullable<T[K]> } {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [K in keyof T]: NonNullable<T[K]> }
}
