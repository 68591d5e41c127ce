import { eachAtMost } from '../../../flow/each-at-most.js'
import { BATCH_GET_KEYS_MAX } from '../../../formats/dynamodb/limits.js'
import { differingAttributes } from '../../../formats/dynamodb/attribute-value.js'
import {
  contentDigest,
  type ImageRecord,
  type UndoHeader,
} from '../../../formats/undo-log/records.js'
import { Pace } from '../pace.js'
import { writeUnitsApart } from '../table-facts.js'
import { ConditionalWrites } from './conditional-writes.js'
import { chunks, imageStretches } from './image-stretches.js'
import type { UndoConnection } from './open-undo.js'
import { KeyRestorer, readKeys, type PutBack } from './put-back.js'
import { UndoLogFile, type LoggedMember } from './read-log.js'
import { dropTable, foreignKeys } from './rollback-table.js'
import { keysFolder } from './undo-files.js'
import { WrittenContents } from './written-contents.js'

/** Chunks of keys read at once, and writes for each. */
const CHUNKS_AT_ONCE = 4
const WRITES_AT_ONCE = 16
export const ROLLBACK_SOCKETS = CHUNKS_AT_ONCE * WRITES_AT_ONCE
const FOREIGN_KEYS_MAX = 10

/** A place in the log to go on from. */
export type LogPlace = Pick<LoggedMember, 'end' | 'chain'>

/** What a log holds, once all of it was read and found whole. */
export interface LogSurvey {
  /** Keys that the run was about to write. */
  readonly images: number
  /** Of the table; `undefined` where the run ended before it wrote. */
  readonly incarnation: string | undefined
}

/** A key that does not hold what it did before the run. */
export interface LeftKey {
  readonly key: string
  readonly reason: string
  /** Names of the attributes in which it differs, where there is an item now and was one then. */
  readonly attributes?: readonly string[]
}

export interface PassOptions {
  readonly signal: AbortSignal
  /** Called after each stretch, with the place behind it and how many keys it held. */
  readonly passed: (place: LogPlace, images: number) => Promise<void>
}

/** An undo log that is being rolled back. */
export class Rollback {
  readonly survey: LogSurvey
  readonly #file: UndoLogFile
  readonly #contents: WrittenContents

  private constructor(file: UndoLogFile, contents: WrittenContents, survey: LogSurvey) {
    this.#file = file
    this.#contents = contents
    this.survey = survey
  }

  /**
   * Reads the whole log, so that nothing is begun with one that is not whole; `undefined` when the
   * run ended before it logged anything.
   * @throws HeadraceError `ROLLBACK_REFUSED`, `STATE`
   */
  static async open(
    folder: string,
    check: (header: UndoHeader) => void,
  ): Promise<Rollback | undefined> {
    const file = await UndoLogFile.open(folder)
    if (file === undefined) return undefined
    try {
      check(file.header)
      const contents = await WrittenContents.open(keysFolder(folder))
      try {
        return new Rollback(file, contents, await surveyOf(file, contents))
      } catch (error) {
        await contents.close()
        throw error
      }
    } catch (error) {
      await file.close()
      throw error
    }
  }

  get header(): UndoHeader {
    return this.#file.header
  }

  get #keyNames(): readonly string[] {
    return this.header.keys.map(({ name }) => name)
  }

  /** Puts back what the log holds from `from` on, where that is still the run's to put back. */
  async restore(
    { connection, description }: UndoConnection,
    options: PassOptions & {
      readonly from: LogPlace | undefined
      readonly force: boolean
      readonly maxWriteUnits: number | undefined
      readonly count: (outcome: PutBack) => void
      readonly wrote: (stats: { readonly writeUnits: number; readonly throttled: number }) => void
    },
  ): Promise<void> {
    const { signal, force, passed, count } = options
    const { transport } = connection
    const { table } = this.header
    const unbounded = { table: { atFirst: undefined, atMost: undefined }, indexes: new Map() }
    const capacity =
      connection.local || description === undefined ? unbounded : writeUnitsApart(description)
    const pace = new Pace({ ...capacity, capUnitsPerSecond: options.maxWriteUnits }, epochMs())
    const writes = new ConditionalWrites(transport, table, pace, signal)
    const reading = { transport, table, keyNames: this.#keyNames, signal }
    const parts = { writes, contents: this.#contents, insertsOnly: this.#insertsOnly, force }
    const restorer = new KeyRestorer({ ...reading, ...parts })
    for await (const { images, place } of imageStretches(this.#file, options.from)) {
      await eachAtMost(CHUNKS_AT_ONCE, chunks(images, BATCH_GET_KEYS_MAX), async (chunk) => {
        const found = await readKeys(reading, keysOf(chunk))
        await eachAtMost(WRITES_AT_ONCE, chunk, async (image) => {
          count(await restorer.putBack(image, found.get(image.key)?.item))
        })
      })
      options.wrote(writes)
      await passed(place, images.length)
    }
  }

  get #insertsOnly(): boolean {
    return this.header.mode === 'insert'
  }

  /** Of a key that was taken before the run, which then stored nothing there. */
  #isOfOthers({ key, before, written }: ImageRecord, now: string | undefined): boolean {
    if (!this.#insertsOnly || before === undefined) return false
    const digest = contentDigest(now)
    return digest !== written && !this.#contents.has(key, digest)
  }

  /** Reads every key once more, and tells of those that do not hold what they did. */
  async check(
    { connection }: UndoConnection,
    { signal, passed, left }: PassOptions & { readonly left: (key: LeftKey) => void },
  ): Promise<void> {
    const reading = {
      transport: connection.transport,
      table: this.header.table,
      keyNames: this.#keyNames,
      signal,
    }
    for await (const { images, place } of imageStretches(this.#file)) {
      await eachAtMost(CHUNKS_AT_ONCE, chunks(images, BATCH_GET_KEYS_MAX), async (chunk) => {
        const found = await readKeys(reading, keysOf(chunk))
        for (const image of chunk) {
          const now = found.get(image.key)?.text
          if (now === image.before || this.#isOfOthers(image, now)) continue
          left(leftKey(image, now))
        }
      })
      await passed(place, images.length)
    }
  }

  /** Keys of some items in the table that the run did not write, or not like that. */
  foreignKeys({ connection }: UndoConnection, signal: AbortSignal): Promise<string[]> {
    const { table } = this.header
    const keyNames = this.#keyNames
    const { transport } = connection
    return foreignKeys(transport, table, keyNames, this.#contents, FOREIGN_KEYS_MAX, signal)
  }

  dropTable({ connection }: UndoConnection, signal: AbortSignal): Promise<void> {
    return dropTable(connection.transport, this.header.table, signal)
  }

  async close(): Promise<void> {
    await this.#contents.close()
    await this.#file.close()
  }
}

async function surveyOf(file: UndoLogFile, contents: WrittenContents): Promise<LogSurvey> {
  let images = 0
  let incarnation: string | undefined
  for await (const { records } of file.members()) {
    for (const record of records) {
      if (record.kind === 'table') incarnation = record.incarnation
      else if (record.kind === 'again') contents.add(record.key, record.written)
      else {
        images += 1
        // Each image is read with what was written first; only a table that may be dropped asks.
        if (!file.header.existed) contents.add(record.key, record.written)
      }
    }
  }
  return { images, incarnation }
}

function keysOf(images: readonly ImageRecord[]): string[] {
  return images.map(({ key }) => key)
}

function leftKey({ key, before }: ImageRecord, now: string | undefined): LeftKey {
  if (now === undefined) return { key, reason: 'deleted since the run wrote it' }
  if (before === undefined) return { key, reason: 'changed since the run created it' }
  const attributes = differingAttributes(before, now)
  return { key, reason: 'changed since the run wrote it', attributes }
}

function epochMs(): number {
  return performance.timeOrigin + performance.now()
}
