import { throttled, type Refusal, type Throttled, type ThrottlingReason } from './answer.js'
import { itemBytes, type WireItem } from './item-size.js'
import { hashText } from './random.js'
import type { Table } from './table.js'
import { TokenBucket } from './token-bucket.js'

/** Limits in write units a second; what is not given comes from the table's own definition. */
export interface CapacityLimits {
  /** Of a provisioned table, or the on-demand maximum of the others. */
  readonly tableUnits?: number
  /** Of each global secondary index. */
  readonly indexUnits?: number
  /** Of one partition, of a table or an index. @default 1000 */
  readonly partitionUnits?: number
  /** Of all tables together. @default Infinity */
  readonly accountUnits?: number
}

export interface CapacityOptions extends CapacityLimits {
  /** Partitions of a table and of each index. @default one for each 1,000 units, four on demand */
  readonly partitions?: number
  /** Seconds of unused capacity that are kept, over the current one; AWS keeps 300. @default 0 */
  readonly burstSeconds?: number
}

/** Write units of one write, on the table and on each index that has a part in it. */
export interface WriteCost {
  readonly table: number
  readonly indexes: ReadonlyMap<string, number>
}

const PARTITION_UNITS = 1_000
const UNIT_BYTES = 1_024

/** Write units of replacing `before` by `after`; either may be absent. */
export function writeCost(
  table: Table,
  before: WireItem | undefined,
  after: WireItem | undefined,
): WriteCost {
  const indexes = new Map<string, number>()
  for (const { name, keys } of table.indexes) {
    const old = table.projected(name, before)
    const now = table.projected(name, after)
    const moved =
      old !== undefined &&
      now !== undefined &&
      keys.some((key) => JSON.stringify(old[key.name]) !== JSON.stringify(now[key.name]))
    if (moved) indexes.set(name, units(old) + units(now))
    else if (JSON.stringify(old) !== JSON.stringify(now)) {
      indexes.set(name, Math.max(units(old), units(now)))
    }
  }
  return { table: Math.max(1, units(before), units(after)), indexes }
}

function units(item: WireItem | undefined): number {
  return item === undefined ? 0 : Math.max(1, Math.ceil(itemBytes(item) / UNIT_BYTES))
}

/** DynamoDB's write capacity: partitions, tables, indexes and the account, each a bucket. */
export class CapacityModel {
  readonly #options: CapacityOptions
  readonly #buckets = new Map<string, TokenBucket>()
  #limits: CapacityLimits
  /** Units taken so far, on tables and on indexes. */
  taken = { tableUnits: 0, indexUnits: 0 }
  /** Writes turned away so far, by reason. */
  readonly refused = new Map<ThrottlingReason, number>()

  constructor(options: CapacityOptions) {
    this.#options = options
    this.#limits = options
  }

  /** Changes limits in the middle of things; those not given stay. */
  setLimits(limits: CapacityLimits, now: number): void {
    this.#limits = { ...this.#limits, ...limits }
    const { partitionUnits, tableUnits, indexUnits, accountUnits } = limits
    const rates = { partition: partitionUnits, table: tableUnits, index: indexUnits }
    for (const [name, bucket] of this.#buckets) {
      const kind = name.slice(0, name.indexOf(' ')) as keyof typeof rates | 'account'
      const rate = kind === 'account' ? accountUnits : rates[kind]
      if (rate !== undefined) bucket.setRate(rate, now)
    }
  }

  /** Takes what a write costs, or nothing: then the reasons, every limit that it ran into. */
  admit(
    table: Table,
    item: WireItem,
    before: WireItem | undefined,
    cost: WriteCost,
    now: number,
  ): Throttled[] {
    const charges = this.#charges(table, item, before, cost, now)
    const reasons = charges.filter(({ bucket, units: n }) => !bucket.fits(n, now))
    for (const { reason } of reasons) this.refused.set(reason, (this.refused.get(reason) ?? 0) + 1)
    if (reasons.length > 0) return reasons.map(({ reason, resource }) => ({ reason, resource }))
    for (const { bucket, units: n } of charges) bucket.take(n)
    this.taken.tableUnits += cost.table
    for (const n of cost.indexes.values()) this.taken.indexUnits += n
    return []
  }

  #charges(
    table: Table,
    item: WireItem,
    before: WireItem | undefined,
    cost: WriteCost,
    now: number,
  ): Charge[] {
    const kind = table.onDemand ? 'MaxOnDemandThroughputExceeded' : 'ProvisionedThroughputExceeded'
    const tableUnits = this.#limits.tableUnits ?? definedUnits(table, table.description)
    const charges: Charge[] = []
    const charge = (name: string, rate: number, n: number, reason: ThrottlingReason, to: string) =>
      charges.push({ bucket: this.#bucket(name, rate, now), units: n, reason, resource: to })
    const partitionUnits = this.#limits.partitionUnits ?? PARTITION_UNITS
    const partition = (of: string, text: string, whole: number) =>
      `partition ${of} ${hashText(text) % this.#partitions(whole)}`
    const own = partition(table.arn, table.partitionOf(item), tableUnits)
    const range = 'KeyRangeThroughputExceeded'
    charge(own, partitionUnits, cost.table, `TableWrite${range}`, table.arn)
    charge(`table ${table.arn}`, tableUnits, cost.table, `TableWrite${kind}`, table.arn)
    for (const [name, n] of cost.indexes) {
      const arn = table.indexArn(name)
      const index = table.indexes.find((one) => one.name === name)
      const description = table.description.GlobalSecondaryIndexes?.find(
        (one) => one.IndexName === name,
      )
      const indexUnits = this.#limits.indexUnits ?? definedUnits(table, description)
      const projected = table.projected(name, item) ?? before ?? item
      const at = partition(arn, table.partitionOf(projected, index?.keys), indexUnits)
      charge(at, partitionUnits, n, `IndexWrite${range}`, arn)
      charge(`index ${arn}`, indexUnits, n, `IndexWrite${kind}`, arn)
    }
    const all = cost.table + [...cost.indexes.values()].reduce((sum, n) => sum + n, 0)
    const account = this.#limits.accountUnits ?? Infinity
    charge('account ', account, all, 'TableWriteAccountLimitExceeded', table.arn)
    return charges
  }

  #bucket(name: string, rate: number, now: number): TokenBucket {
    let bucket = this.#buckets.get(name)
    if (bucket === undefined) {
      bucket = new TokenBucket(rate, this.#options.burstSeconds ?? 0, now)
      this.#buckets.set(name, bucket)
    }
    return bucket
  }

  #partitions(units: number): number {
    if (this.#options.partitions !== undefined) return this.#options.partitions
    return units === Infinity ? 4 : Math.max(1, Math.ceil(units / PARTITION_UNITS))
  }
}

interface Charge {
  readonly bucket: TokenBucket
  readonly units: number
  readonly reason: ThrottlingReason
  readonly resource: string
}

type Defined = Pick<Table['description'], 'ProvisionedThroughput' | 'OnDemandThroughput'>

function definedUnits(table: Table, defined: Defined | undefined): number {
  if (!table.onDemand) return defined?.ProvisionedThroughput?.WriteCapacityUnits || Infinity
  const most = defined?.OnDemandThroughput?.MaxWriteRequestUnits
  return most === undefined || most <= 0 ? Infinity : most
}

/** The exception that a request gets of which nothing could be done. */
export function throttleException(table: Table, reasons: readonly Throttled[]): Refusal {
  const unique = [...new Map(reasons.map((one) => [one.reason + one.resource, one])).values()]
  if (unique.some(({ reason }) => reason.includes('Account'))) {
    return throttled('RequestLimitExceeded', unique)
  }
  const type = table.onDemand ? 'ThrottlingException' : 'ProvisionedThroughputExceededException'
  return throttled(type, unique)
}

/** `ConsumedCapacity` of one table. */
export function consumedCapacity(
  table: Table,
  costs: readonly WriteCost[],
  detail: 'TOTAL' | 'INDEXES',
): object {
  let tableUnits = 0
  const indexes = new Map<string, number>()
  for (const cost of costs) {
    tableUnits += cost.table
    for (const [name, n] of cost.indexes) indexes.set(name, (indexes.get(name) ?? 0) + n)
  }
  const all = [...indexes.values()].reduce((sum, n) => sum + n, tableUnits)
  const total = { TableName: table.name, CapacityUnits: all }
  if (detail === 'TOTAL') return total
  const byIndex = [...indexes].map(([name, n]) => [name, { CapacityUnits: n }] as const)
  return {
    ...total,
    Table: { CapacityUnits: tableUnits },
    ...(byIndex.length === 0 ? {} : { GlobalSecondaryIndexes: Object.fromEntries(byIndex) }),
  }
}
