import type { CapacityLimits } from '../../../test/support/faulty-dynamodb/capacity-model.js'
import { hashText, seededRandom } from '../../../test/support/faulty-dynamodb/random.js'
import { mustCallDynamodb } from '../../../test/support/call-dynamodb.js'

export type Item = { readonly pk: string; readonly sk: string; readonly [name: string]: string }

export interface Scenario {
  readonly name: string
  readonly title: string
  readonly partitions: number
  readonly indexUnits?: number
  readonly items: () => Item[]
  /** `headrace <spreadItems>`: beside those measured everywhere. */
  readonly moreClients?: readonly string[]
  readonly change?: { readonly afterSeconds: number; readonly limits: CapacityLimits }
  /** Write units a second of the table that are possible at that second. */
  readonly limitAt: (second: number) => number
  /** Write units of the table that were possible between these times, in ms since the start. */
  readonly possible: (fromMs: number, toMs: number) => number
}

/** Few items of several units each leave the processor to other things than this bench. */
export const ITEM_UNITS = 4
const LIMIT = 4_000
const PARTITION_LIMIT = 1_000
/** A table of 4,000 units has room to spare in its partitions. */
const PARTITIONS = 8
const HOT_SHARE = 0.4
const INDEX_LIMIT = 1_500
const RUNS_MIN = 8

function itemsIn(units: number): number {
  return Math.round(units / ITEM_UNITS)
}

/** @param seconds how long each takes at best */
export function scenarios(seconds: number): Scenario[] {
  const hotPossible = Math.min(LIMIT, PARTITION_LIMIT / HOT_SHARE)
  return [
    steady('even', 'Even keys', LIMIT, () => evenItems(itemsIn(LIMIT * seconds))),
    {
      ...steady('halved', 'The limit is halved', LIMIT, () =>
        evenItems(itemsIn(LIMIT * 0.75 * seconds)),
      ),
      change: { afterSeconds: seconds / 2, limits: { tableUnits: LIMIT / 2 } },
      limitAt: (second) => (second < seconds / 2 ? LIMIT : LIMIT / 2),
      possible: (fromMs, toMs) => {
        const changeMs = (seconds / 2) * 1000
        return (LIMIT * (changeMs - fromMs) + (LIMIT / 2) * (toMs - changeMs)) / 1000
      },
    },
    steady('hot-key', '40 % of writes on one key', hotPossible, () =>
      hotItems(itemsIn(hotPossible * seconds), (n) => ({ pk: 'hot', sk: String(n) })),
    ),
    steady('hot-partition', '40 % of writes on one partition, many keys', hotPossible, () => {
      const random = seededRandom(3)
      return hotItems(itemsIn(hotPossible * seconds), () => {
        for (;;) {
          const pk = `h${Math.floor(random() * 1e12)}`
          if (hashText(pk) % PARTITIONS === 0) return { pk, sk: '0' }
        }
      })
    }),
    ...[100, 1_000, 4_000].map((length) => {
      const count = Math.max(itemsIn(LIMIT * seconds), length * RUNS_MIN)
      const items = () =>
        Array.from({ length: count }, (_, n) => itemOf(`run ${Math.floor(n / length)}`, String(n)))
      return {
        ...steady(
          `runs-${length}`,
          `Sorted, ${length} items a partition key`,
          placedLimit(items()),
          items,
        ),
        moreClients: count > itemsIn(LIMIT * seconds) ? ['headrace 40000'] : [],
      }
    }),
    {
      ...steady('slow-index', `An index with ${INDEX_LIMIT} units`, INDEX_LIMIT, () =>
        evenItems(itemsIn(INDEX_LIMIT * seconds)),
      ),
      indexUnits: INDEX_LIMIT,
    },
  ]
}

function steady(
  name: string,
  title: string,
  unitsPerSecond: number,
  items: () => Item[],
): Scenario {
  return {
    name,
    title,
    partitions: PARTITIONS,
    items,
    limitAt: () => unitsPerSecond,
    possible: (fromMs, toMs) => (unitsPerSecond * (toMs - fromMs)) / 1000,
  }
}

function itemOf(pk: string, sk: string): Item {
  return {
    pk,
    sk,
    group: `g${hashText(pk + sk) % 5_000}`,
    text: 'x'.repeat((ITEM_UNITS - 1) * 1024 + 500),
  }
}

function evenItems(count: number): Item[] {
  return Array.from({ length: count }, (_, n) => itemOf(`key ${n}`, '0'))
}

function hotItems(count: number, hot: (n: number) => { pk: string; sk: string }): Item[] {
  const random = seededRandom(1)
  return Array.from({ length: count }, (_, n) => {
    if (random() >= HOT_SHARE) return coldItem(n)
    const { pk, sk } = hot(n)
    return itemOf(pk, sk)
  })
}

/** What the fullest partition leaves possible to a load that sees all its items at once. */
function placedLimit(items: readonly Item[]): number {
  const onPartition = new Map<number, number>()
  for (const { pk } of items) {
    const partition = hashText(pk) % PARTITIONS
    onPartition.set(partition, (onPartition.get(partition) ?? 0) + 1)
  }
  return Math.min(LIMIT, (PARTITION_LIMIT * items.length) / Math.max(...onPartition.values()))
}

/** On any partition but the hot ones. */
function coldItem(n: number): Item {
  const hot = new Set([0, hashText('hot') % PARTITIONS])
  for (let salt = 0; ; salt += 1) {
    const pk = `cold ${n} ${salt}`
    if (!hot.has(hashText(pk) % PARTITIONS)) return itemOf(pk, '0')
  }
}

export async function createProvisionedTable(
  endpoint: string,
  table: string,
  writeUnits: number,
  indexUnits: number | undefined,
): Promise<void> {
  const attribute = (AttributeName: string) => ({ AttributeName, AttributeType: 'S' })
  const units = (WriteCapacityUnits: number) => ({ ReadCapacityUnits: 1, WriteCapacityUnits })
  const index = {
    IndexName: 'by-group',
    KeySchema: [
      { AttributeName: 'group', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    Projection: { ProjectionType: 'ALL' },
    ProvisionedThroughput: units(indexUnits ?? 1),
  }
  await mustCallDynamodb(endpoint, 'CreateTable', {
    TableName: table,
    BillingMode: 'PROVISIONED',
    ProvisionedThroughput: units(writeUnits),
    AttributeDefinitions: ['pk', 'sk', ...(indexUnits === undefined ? [] : ['group'])].map(
      attribute,
    ),
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    ...(indexUnits === undefined ? {} : { GlobalSecondaryIndexes: [index] }),
  })
}
