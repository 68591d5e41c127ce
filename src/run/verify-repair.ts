import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { HeadraceError } from '../core/errors.js'
import { rowBatch } from '../core/row-batch.js'
import type { SinkWriter } from '../core/sink.js'
import { decodeItem, type AttributeMap } from '../formats/dynamodb/attribute-value.js'
import { createItemDigest } from '../formats/item-digest.js'
import type { FoundDifference } from '../verify/difference-log.js'
import { fileLines } from './file-lines.js'
import { newRunId } from './journal.js'
import type { OpenedPipeline } from './opened-pipeline.js'
import type { VerifyOptions } from './options.js'
import { makePrivateFolder, writeJsonFile } from './state-folder.js'
import type { RepairSummary, VerificationResult } from './summary.js'

const ITEMS_AT_ONCE = 100
const RECORD_FILE = 'repair.json'
const DIFFERENCES_FILE = 'differences.jsonl'

/** A repair of what a verification finds. */
export interface RepairParts {
  readonly opened: OpenedPipeline
  readonly options: VerifyOptions
  readonly digestKey: string
  /** Until when, in epoch ms, an earlier process may have been writing; 0 for none. */
  readonly earlierProcessUntil: number
  readonly requireLock: () => Promise<void>
}

/**
 * Its record, in a folder of its own under `runs/`: `differences.jsonl` holds each key with what
 * was stored before, on disk before anything is written, and `repair.json` what was done.
 */
export class Repair {
  readonly repairId: string
  readonly differencesFile: string
  readonly #parts: RepairParts
  readonly #folder: string
  readonly #startedAt = new Date()
  readonly #signal: AbortSignal
  #written = 0
  #rejected = 0
  #deleted = 0

  private constructor(parts: RepairParts) {
    const { opened, options } = parts
    const { signal } = opened.context
    this.repairId = newRunId(`${opened.pipeline.name}-repair`, this.#startedAt)
    this.#parts = parts
    this.#folder = opened.folder.run(this.repairId)
    this.differencesFile = join(this.#folder, DIFFERENCES_FILE)
    this.#signal = options.signal === undefined ? signal : AbortSignal.any([signal, options.signal])
  }

  static async open(parts: RepairParts): Promise<Repair> {
    const repair = new Repair(parts)
    await makePrivateFolder(repair.#folder)
    return repair
  }

  /** There is nothing to repair, and no record of it. */
  async nothing(): Promise<RepairSummary> {
    await rm(this.#folder, { recursive: true, force: true })
    const found = { missing: 0, extra: 0, different: 0 }
    return { repairId: '', ...found, written: 0, deleted: 0, rejected: 0 }
  }

  /** Writes what is missing or different, and deletes what is extra if that is wanted. */
  async carryOut(before: VerificationResult): Promise<RepairSummary> {
    const deleting = await this.#mayDelete(before.extra)
    await this.#parts.requireLock()
    await this.#save('running', before)
    try {
      await this.#work(deleting)
    } catch (error) {
      await this.#save(this.#signal.aborted ? 'interrupted' : 'failed', before)
      throw error
    }
    await this.#save('done', before)
    return this.#summary(before)
  }

  async #mayDelete(extra: number): Promise<boolean> {
    const { deleteExtra } = this.#parts.options
    if (deleteExtra === undefined || extra === 0) return false
    if (typeof deleteExtra === 'string') return true
    return deleteExtra(tableOf(this.#parts.opened), extra)
  }

  async #work(deleting: boolean): Promise<void> {
    const writer = await this.#openWriter()
    try {
      const items: object[] = []
      const keys: string[] = []
      for await (const line of fileLines(this.differencesFile)) {
        this.#signal.throwIfAborted()
        const difference = JSON.parse(line) as FoundDifference
        if (difference.kind !== 'extra') items.push(this.#wanted(difference))
        else if (deleting) keys.push(difference.key)
        if (items.length >= ITEMS_AT_ONCE) await this.#write(writer, items.splice(0))
        if (keys.length >= ITEMS_AT_ONCE) await this.#delete(keys.splice(0))
      }
      await this.#write(writer, items)
      await writer.flush()
      await this.#delete(keys)
    } finally {
      await writer.close()
    }
    this.#signal.throwIfAborted()
  }

  /** What the source has, beside what the target has of the attributes that are not compared. */
  #wanted({ source, target }: FoundDifference): object {
    const ignore = this.#parts.opened.pipeline.verify?.ignore ?? []
    const wanted = JSON.parse(source as string) as AttributeMap
    if (ignore.length === 0 || target === undefined) return decodeItem(wanted)
    const stored = JSON.parse(target) as AttributeMap
    const kept = Object.entries(wanted).filter(([name]) => !ignore.includes(name))
    const left = Object.entries(stored).filter(([name]) => ignore.includes(name))
    return decodeItem(Object.fromEntries([...kept, ...left]))
  }

  async #openWriter(): Promise<SinkWriter> {
    const { opened, digestKey, earlierProcessUntil } = this.#parts
    const digest = createItemDigest(digestKey)
    return opened.target.openWriter({
      ...opened.context,
      runId: this.repairId,
      signal: this.#signal,
      earlierProcessUntil,
      maxWriteUnits: undefined,
      concurrency: undefined,
      settled: ({ items }) => {
        for (const { status } of items) {
          if (status === 'stored') this.#written += 1
          else this.#rejected += 1
        }
      },
      rejected: () => {},
      seen: () => false,
      addDigest: (lanes, text) => digest.add(lanes, text),
    })
  }

  async #write(writer: SinkWriter, items: readonly object[]): Promise<void> {
    if (items.length === 0) return
    const batch = rowBatch(items, {
      partition: DIFFERENCES_FILE,
      firstRow: 0,
      count: items.length,
      rows: items,
      cursor: undefined,
      locate: (index) => ({ of: DIFFERENCES_FILE, line: index + 1 }),
    })
    await writer.write(batch as never)
  }

  async #delete(keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return
    const { target } = this.#parts.opened
    if (target.remove === undefined) throw cannotDelete(target.report.label)
    await target.remove(keys, this.#signal)
    this.#deleted += keys.length
  }

  #summary({ missing, extra, different }: VerificationResult): RepairSummary {
    const done = { written: this.#written, deleted: this.#deleted, rejected: this.#rejected }
    return { repairId: this.repairId, missing, extra, different, ...done }
  }

  async #save(status: string, before: VerificationResult): Promise<void> {
    const { opened } = this.#parts
    await writeJsonFile(join(this.#folder, RECORD_FILE), {
      version: 1,
      ...this.#summary(before),
      pipeline: opened.pipeline.name,
      status,
      startedAt: this.#startedAt.toISOString(),
      updatedAt: new Date().toISOString(),
      target: opened.target.identity,
    })
  }
}

/** @throws HeadraceError `USAGE` when extra items may not be deleted, or another table is meant */
export function checkDeleteExtra(
  opened: OpenedPipeline,
  { deleteExtra }: VerifyOptions,
  limit: number | undefined,
): void {
  if (deleteExtra === undefined) return
  const { target, pipeline, context } = opened
  const of = { pipeline: pipeline.name }
  if (target.remove === undefined) throw cannotDelete(target.report.label)
  if (pipeline.verify?.scope === 'keys') {
    throw new HeadraceError('USAGE', 'Under the scope `keys` no item is extra', of)
  }
  if (context.earlier?.since !== undefined) {
    throw new HeadraceError(
      'USAGE',
      'The source is read from where an earlier run ended: what is older is not extra',
      of,
    )
  }
  if (limit !== undefined) {
    throw new HeadraceError('USAGE', `The run read ${limit} rows at most: others are not extra`, of)
  }
  const table = tableOf(opened)
  if (typeof deleteExtra !== 'string' || deleteExtra === table) return
  throw new HeadraceError(
    'USAGE',
    `Extra items are to be deleted from ${deleteExtra}; the table is ${table}`,
    { ...of, hint: `Confirm it with --confirm=${table}.` },
  )
}

function tableOf({ target }: OpenedPipeline): string {
  return target.identity['table'] ?? target.report.label
}

function cannotDelete(label: string): HeadraceError {
  return new HeadraceError('USAGE', `Items of ${label} cannot be deleted from here`)
}
