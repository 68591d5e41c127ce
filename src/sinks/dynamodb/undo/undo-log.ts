import { mkdir, open, type FileHandle } from 'node:fs/promises'
import { promisify } from 'node:util'
import { deflateRaw } from 'node:zlib'
import { HeadraceError } from '../../../core/errors.js'
import { FIRST_CHAIN, makeMember } from '../../../formats/undo-log/member.js'
import { recordLine, type UndoHeader, type UndoRecord } from '../../../formats/undo-log/records.js'
import { replaceFile, syncFolder } from '../../../stores/spill/replace-file.js'
import { stateFailure } from '../../../stores/spill/state-file.js'
import { LoggedKeys } from './logged-keys.js'
import { UndoLogFile } from './read-log.js'
import { keysFolder, logPath, notePath } from './undo-files.js'

const deflate = promisify(deflateRaw)
/** Speed counts: what is written waits for it. */
const LEVEL = { level: 1 } as const
/** Text that goes into one member, unless one request has more. */
const MEMBER_TEXT_MAX = 4 * 1024 * 1024
const NOTE_INTERVAL_MS = 1_000

interface Waiting {
  readonly text: string
  readonly done: () => void
  readonly failed: (error: unknown) => void
}

/**
 * The undo log of a run, being written. What is appended while a member is on its way to the disk
 * goes into the next one together, so that many requests wait for one sync.
 */
export class UndoLog {
  readonly keys: LoggedKeys
  readonly #folder: string
  readonly #handle: FileHandle
  #end: number
  #chain: Buffer
  #incarnation: string | undefined
  #waiting: Waiting[] = []
  #isCommitting = false
  #committing: Promise<void> = Promise.resolve()
  #failure: unknown
  #notedAt = 0

  private constructor(folder: string, handle: FileHandle, keys: LoggedKeys, state: Begun) {
    this.#folder = folder
    this.#handle = handle
    this.keys = keys
    this.#end = state.end
    this.#chain = state.chain
    this.#incarnation = state.incarnation
  }

  /**
   * Opens the log of a run to go on with it, or makes it.
   * @throws HeadraceError `RESUME_REFUSED` when what is there is of another run or table,
   *   `ROLLBACK_REFUSED` when it is damaged, `STATE`
   */
  static async open(folder: string, header: UndoHeader): Promise<UndoLog> {
    await makeFolder(folder)
    const keys = await LoggedKeys.open(keysFolder(folder))
    try {
      const begun = await goOn(folder, header, keys)
      const handle = await openLog(logPath(folder), begun === undefined ? 'w' : 'r+')
      try {
        if (begun !== undefined) await handle.truncate(begun.end)
        const log = new UndoLog(folder, handle, keys, begun ?? NOTHING_YET)
        if (begun === undefined) {
          await log.#appendText(`${JSON.stringify(header)}\n`)
          await syncFolder(folder)
        }
        await log.#note()
        return log
      } catch (error) {
        await handle.close()
        throw stateFailure('open', logPath(folder), error)
      }
    } catch (error) {
      await keys.close()
      throw error
    }
  }

  /** @throws HeadraceError `RESUME_REFUSED` when the run has written to another table before */
  async enterTable(incarnation: string): Promise<void> {
    if (this.#incarnation === incarnation) return
    if (this.#incarnation !== undefined) {
      throw otherLog(this.#folder, `table ${this.#incarnation}`, `table ${incarnation}`)
    }
    await this.append([{ kind: 'table', incarnation }])
    this.#incarnation = incarnation
  }

  /** Resolves when the records are safely on disk. */
  append(records: readonly UndoRecord[]): Promise<void> {
    let text = ''
    for (const record of records) text += `${recordLine(record)}\n`
    return this.#appendText(text)
  }

  /** Waits for what is on its way to the disk. */
  async close(): Promise<void> {
    const underWay = this.#committing
    await underWay
    try {
      if (this.#failure === undefined) await this.#note()
    } finally {
      await this.#handle.close()
      await this.keys.close()
    }
  }

  #appendText(text: string): Promise<void> {
    return new Promise((done, failed) => {
      this.#waiting.push({ text, done, failed })
      if (!this.#isCommitting) this.#committing = this.#commitAll()
    })
  }

  /** Never rejects: whoever waits is told. */
  async #commitAll(): Promise<void> {
    this.#isCommitting = true
    while (this.#waiting.length > 0) {
      const group = this.#nextGroup()
      try {
        if (this.#failure !== undefined) throw this.#failure
        await this.#commit(group.map(({ text }) => text).join(''))
        for (const { done } of group) done()
      } catch (error) {
        this.#failure ??= stateFailure('write', logPath(this.#folder), error)
        for (const { failed } of group) failed(this.#failure)
      }
    }
    // At once, not when the promise is settled: whoever was told may append before that.
    this.#isCommitting = false
  }

  #nextGroup(): Waiting[] {
    let length = 0
    let count = 0
    while (count < this.#waiting.length && (count === 0 || length < MEMBER_TEXT_MAX)) {
      length += this.#waiting[count]?.text.length ?? 0
      count += 1
    }
    return this.#waiting.splice(0, count)
  }

  async #commit(text: string): Promise<void> {
    const bytes = Buffer.from(text)
    const member = makeMember(bytes, await deflate(bytes, LEVEL), this.#chain)
    let done = 0
    while (done < member.bytes.length) {
      const left = member.bytes.length - done
      done += (await this.#handle.write(member.bytes, done, left, this.#end + done)).bytesWritten
    }
    await this.#handle.datasync()
    this.#end += member.bytes.length
    this.#chain = member.chain
    if (performance.now() - this.#notedAt >= NOTE_INTERVAL_MS) await this.#note()
  }

  /** Says beside the log how long it certainly is, lest it be cut short unnoticed. */
  async #note(): Promise<void> {
    const note = { bytes: this.#end, chain: this.#chain.toString('hex') }
    await replaceFile(notePath(this.#folder), `${JSON.stringify(note)}\n`)
    this.#notedAt = performance.now()
  }
}

interface Begun {
  readonly end: number
  readonly chain: Buffer
  readonly incarnation: string | undefined
}

const NOTHING_YET: Begun = { end: 0, chain: FIRST_CHAIN, incarnation: undefined }

/** Reads what an earlier process of the run logged; `undefined` when there is nothing. */
async function goOn(
  folder: string,
  header: UndoHeader,
  keys: LoggedKeys,
): Promise<Begun | undefined> {
  const file = await UndoLogFile.open(folder)
  if (file === undefined) return undefined
  try {
    for (const name of ['runId', 'at', 'table'] as const) {
      if (file.header[name] === header[name]) continue
      throw otherLog(folder, `${name} ${file.header[name]}`, `${name} ${header[name]}`)
    }
    let begun = NOTHING_YET
    for await (const { records, end, chain } of file.members()) {
      let { incarnation } = begun
      for (const record of records) {
        if (record.kind === 'table') incarnation = record.incarnation
        else keys.logged(record.key, record.written)
      }
      begun = { end, chain, incarnation }
    }
    return begun
  } finally {
    await file.close()
  }
}

function otherLog(folder: string, was: string, is: string): HeadraceError {
  return new HeadraceError(
    'RESUME_REFUSED',
    `The undo log in ${folder} is of ${was}, while the run goes on with ${is}`,
    { hint: 'Run without --resume to start afresh.' },
  )
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw stateFailure('make', path, error)
  }
}

async function openLog(path: string, flags: string): Promise<FileHandle> {
  try {
    return await open(path, flags, 0o600)
  } catch (error) {
    throw stateFailure('open', path, error)
  }
}
