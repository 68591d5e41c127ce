import type { CapacityLimits } from '../../test/support/faulty-dynamodb/capacity-model.js'
import { hashText, seededRandom } from '../../test/support/faulty-dynamodb/random.js'
import { mustCallDynamodb } from '../../test/support/call-dynamodb.js'

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
  /** Items a second that are possible at that second. */
  readonly limitAt: (second: number) => number
  /** Items that could have been written between these times, in ms since the start. */
  readonly possible: (fromMs: number, toMs: number) => number
}

const LIMIT = 4_000
const PARTITION_LIMIT = 1_000
/** A table of 4,000 units has room to spare in its partitions. */
const PARTITIONS = 8
const HOT_SHARE = 0.4
const INDEX_LIMIT = 1_500

/** @param seconds how long each takes at best */
export function scenarios(seconds: number): Scenario[] {
  const hotPossible = Math.min(LIMIT, PARTITION_LIMIT / HOT_SHARE)
  return [
    steady('even', 'Even keys', LIMIT, () => evenItems(LIMIT * seconds)),
    {
      ...steady('halved', 'The limit is halved', LIMIT, () => evenItems(LIMIT * 0.75 * seconds)),
      change: { afterSeconds: seconds / 2, limits: { tableUnits: LIMIT / 2 } },
      limitAt: (second) => (second < seconds / 2 ? LIMIT : LIMIT / 2),
      possible: (fromMs, toMs) => {
        const changeMs = (seconds / 2) * 1000
        return (LIMIT * (changeMs - fromMs) + (LIMIT / 2) * (toMs - changeMs)) / 1000
      },
    },
    steady('hot-key', '40 % of writes on one key', hotPossible, () =>
      hotItems(hotPossible * seconds, (n) => ({ pk: 'hot', sk: String(n) })),
    ),
    steady('hot-partition', '40 % of writes on one partition, many keys', hotPossible, () => {
      const random = seededRandom(3)
      return hotItems(hotPossible * seconds, () => {
        for (;;) {
          const pk = `h${Math.floor(random() * 1e12)}`
          if (hashText(pk) % PARTITIONS === 0) return { pk, sk: '0' }
        }
      })
    }),
    ...[100, 1_000, 5_000].map((length) => ({
      ...steady(`runs-${length}`, `Sorted, ${length} items a partition key`, LIMIT, () =>
        Array.from({ length: LIMIT * seconds }, (_, n) =>
          itemOf(`run ${Math.floor(n / length)}`, String(n)),
        ),
      ),
      moreClients: length === 5_000 ? ['headrace 40000'] : [],
    })),
    {
      ...steady('slow-index', `An index with ${INDEX_LIMIT} units`, INDEX_LIMIT, () =>
        evenItems(INDEX_LIMIT * seconds),
      ),
      indexUnits: INDEX_LIMIT,
    },
  ]
}

function steady(
  name: string,
  title: string,
  itemsPerSecond: number,
  items: () => Item[],
): Scenario {
  return {
    name,
    title,
    partitions: PARTITIONS,
    items,
    limitAt: () => itemsPerSecond,
    possible: (fromMs, toMs) => (itemsPerSecond * (toMs - fromMs)) / 1000,
  }
}

/** One write unit each. */
function itemOf(pk: string, sk: string): Item {
  return { pk, sk, group: `g${hashText(pk + sk) % 5_000}`, text: 'x'.repeat(120) }
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
