import { formatLocation, rowBatch, type RejectedRow, type RowBatch } from '../core/row-batch.js'
import type { SettledItem, Settlement } from '../core/settlement.js'
import { isViolation, type DuplicatePolicy, type SinkWriter } from '../core/sink.js'
import { createItemDigest } from '../formats/item-digest.js'
import type { Accounts } from './accounts.js'
import type { KeyIndex } from './key-index.js'
import type { ConnectedTarget } from './opened-pipeline.js'
import type { CommonOptions } from './options.js'
import type { RejectFile } from './reject-file.js'
import { RETRY_STAGE, type RejectedOnce } from './rejected-rows.js'
import { stagedBatches } from './staged-batches.js'
import type { RetryExample, RetryResult } from './summary.js'

const EXAMPLES_MAX = 10
/** Rows looked up in the table, written and accounted for together. */
const ROWS_AT_ONCE = 100

export type RetryCounts = Pick<
  RetryResult,
  'retried' | 'stored' | 'superseded' | 'skipped' | 'rejected' | 'conflicts' | 'unreadable'
>

export interface RetryingParts {
  readonly connected: ConnectedTarget
  readonly keys: KeyIndex
  readonly accounts: Accounts
  /** Takes what is left. */
  readonly left: RejectFile
  readonly runId: string
  readonly startedAt: string
  readonly digestKey: string
  readonly earlierProcessUntil: number
  readonly options: CommonOptions
}

/** A row on its way: as it was rejected, and what the stages make of it now. */
interface RetriedRow {
  readonly before: RejectedOnce
  readonly batch: RowBatch
  /** Key and text of each item; `undefined` for one that cannot be stored. */
  readonly items: readonly ({ readonly key: string; readonly text: string } | undefined)[]
}

type Verdict = 'write' | 'superseded' | 'conflict'

/** Feeds rejected rows through the stages into the target, where their keys are free. */
export class Retrying {
  readonly #parts: RetryingParts
  readonly #settled = new Map<RowBatch['slice'], Settlement>()
  readonly #signal: AbortSignal
  readonly examples: RetryExample[] = []
  readonly counts: { -readonly [K in keyof RetryCounts]: number } = {
    retried: 0,
    stored: 0,
    superseded: 0,
    skipped: 0,
    rejected: 0,
    conflicts: 0,
    unreadable: 0,
  }
  writeUnits = 0

  constructor(parts: RetryingParts) {
    const { connected, options } = parts
    const { signal } = connected.context
    this.#parts = parts
    this.#signal = options.signal === undefined ? signal : AbortSignal.any([signal, options.signal])
  }

  async feed(rejected: AsyncIterable<RejectedOnce>): Promise<void> {
    const { connected, startedAt } = this.#parts
    const { pipeline } = connected
    const run = { pipeline: pipeline.name, startedAt }
    const writer = await this.#openWriter()
    const befores: RejectedOnce[] = []
    let rows: RetriedRow[] = []
    let keys = new Set<string>()
    try {
      const batches = stagedBatches(
        this.#batches(rejected, befores),
        pipeline.flow.stages,
        run,
        this.#signal,
      )
      for await (const batch of batches) {
        const row = retriedRow(befores.shift() as RejectedOnce, batch, connected)
        const own = row.items.flatMap((item) => (item === undefined ? [] : [item.key]))
        if (rows.length >= ROWS_AT_ONCE || own.some((key) => keys.has(key))) {
          await this.#settleAll(rows, writer)
          rows = []
          keys = new Set()
        }
        rows.push(row)
        for (const key of own) keys.add(key)
      }
      await this.#settleAll(rows, writer)
      this.writeUnits = writer.stats().writeUnits
    } finally {
      await writer.close()
    }
    this.#signal.throwIfAborted()
  }

  /** One batch a row, since each goes into the accounts at its own place. */
  async *#batches(
    rejected: AsyncIterable<RejectedOnce>,
    befores: RejectedOnce[],
  ): AsyncGenerator<RowBatch> {
    for await (const before of rejected) {
      const { row, original } = before
      if (before.unreadable) {
        this.counts.unreadable += 1
        for (const line of before.lines) this.#parts.left.appendLine(line)
        continue
      }
      befores.push(before)
      yield rowBatch([original], {
        partition: row.partition,
        firstRow: row.index,
        count: 1,
        rows: [original],
        cursor: undefined,
        locate: () => row.location,
      })
    }
  }

  async #openWriter(): Promise<SinkWriter> {
    const { connected, runId, digestKey, earlierProcessUntil } = this.#parts
    const { target, context } = connected
    await target.prepare(this.#signal)
    const digest = createItemDigest(digestKey)
    return target.openWriter({
      ...context,
      runId,
      signal: this.#signal,
      earlierProcessUntil,
      maxWriteUnits: undefined,
      concurrency: undefined,
      settled: (settlement) => this.#settled.set(settlement.slice, settlement),
      rejected: () => {},
      seen: () => false,
      addDigest: (lanes, text) => digest.add(lanes, text),
    })
  }

  /** Writes what may be written of some rows, no two of which share a key. */
  async #settleAll(rows: readonly RetriedRow[], writer: SinkWriter): Promise<void> {
    const stored = await this.#stored(rows)
    const verdicts = rows.map((row) => row.items.map((item) => this.#verdict(row, item, stored)))
    for (const [index, { batch }] of rows.entries()) {
      const kept = batch.rows.map((_, item) => verdicts[index]?.[item] === 'write')
      const origins = batch.rows.map(() => 0)
      await writer.write(
        rowBatch(
          batch.rows.filter((_, item) => kept[item]),
          batch.slice,
          origins.filter((_, item) => kept[item]),
          batch.skipped,
          batch.rejected,
        ) as RowBatch<never>,
      )
    }
    await writer.flush()
    for (const [index, row] of rows.entries()) this.#account(row, verdicts[index] ?? [])
    await this.#parts.left.sync()
  }

  /** What the table holds of the keys that no row of the run has. */
  async #stored(rows: readonly RetriedRow[]): Promise<ReadonlyMap<string, string>> {
    const { keys, connected } = this.#parts
    const unknown = new Set<string>()
    for (const { items } of rows) {
      for (const item of items) {
        if (item !== undefined && keys.holder(item.key) === undefined) unknown.add(item.key)
      }
    }
    const stored = new Map<string, string>()
    const all = [...unknown]
    for (let at = 0; at < all.length; at += ROWS_AT_ONCE) {
      const found = await connected.target.get(all.slice(at, at + ROWS_AT_ONCE), this.#signal)
      for (const { key, text } of found) stored.set(key, text)
    }
    return stored
  }

  #verdict(
    { before }: RetriedRow,
    item: RetriedRow['items'][number],
    stored: ReadonlyMap<string, string>,
  ): Verdict {
    // The writer says what is wrong with it.
    if (item === undefined) return 'write'
    const { number } = before.row
    const holder = this.#parts.keys.holder(item.key)
    if (holder !== undefined) {
      return verdictOf(holder, number, this.#parts.connected.target.duplicates)
    }
    // What is there already was written by a retry that did not come to its end.
    const found = stored.get(item.key)
    return found === undefined || found === item.text ? 'write' : 'conflict'
  }

  #account({ before, batch, items }: RetriedRow, verdicts: readonly Verdict[]): void {
    const { accounts, keys, left } = this.#parts
    const written = this.#settled.get(batch.slice)
    if (written === undefined) throw new Error('A row was not settled')
    this.#settled.delete(batch.slice)
    const { number } = before.row
    const withheld: SettledItem[] = []
    const conflicts: RejectedRow[] = []
    verdicts.forEach((verdict, index) => {
      const key = items[index]?.key ?? ''
      if (verdict === 'superseded') withheld.push({ row: 0, key, status: 'dropped' })
      if (verdict !== 'conflict') return
      withheld.push({ row: 0, key, status: 'rejected' })
      const reason = 'The table holds an item of this key that this row must not replace'
      conflicts.push({ row: 0, stage: RETRY_STAGE, reason, key })
    })
    const settlement: Settlement = {
      ...written,
      items: [...written.items, ...withheld],
      rejected: [...written.rejected, ...conflicts],
    }
    const own = settlement.items.filter(({ key }) => key !== '' && keys.holder(key) === number)
    const entries = accounts.refold(settlement, number, before, new Set(own.map(({ key }) => key)))
    for (const entry of entries) left.append({ ...entry, number })
    this.#count(settlement, conflicts.length > 0, before)
  }

  #count({ items, rejected }: Settlement, conflict: boolean, { row }: RejectedOnce): void {
    this.counts.retried += 1
    const [first] = rejected
    if (conflict) this.counts.conflicts += 1
    else if (first !== undefined) this.counts.rejected += 1
    else if (items.some(({ status }) => status === 'stored')) this.counts.stored += 1
    else if (items.length > 0) this.counts.superseded += 1
    else this.counts.skipped += 1
    if (first === undefined || this.examples.length >= EXAMPLES_MAX) return
    const { reason, key } = rejected.at(-1) ?? first
    this.examples.push({ location: formatLocation(row.location), reason, key })
  }
}

/** Whether a row may take a key from the row that holds it. */
function verdictOf(holder: number, row: number, duplicates: DuplicatePolicy): Verdict {
  if (holder === row) return 'write'
  if (duplicates === 'last') return holder < row ? 'write' : 'superseded'
  return duplicates === 'first' && holder < row ? 'superseded' : 'conflict'
}

function retriedRow(
  before: RejectedOnce,
  batch: RowBatch,
  { target }: ConnectedTarget,
): RetriedRow {
  const items = batch.rows.map((row) => {
    const encoded = target.encode(row as never)
    return isViolation(encoded) ? undefined : { key: encoded.key, text: encoded.text }
  })
  return { before, batch, items }
}
