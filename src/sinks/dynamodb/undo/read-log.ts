import { open, readFile, type FileHandle } from 'node:fs/promises'
import {
  FIRST_CHAIN,
  MEMBER_HEAD_BYTES,
  MEMBER_MARK_BYTES,
  mayHoldMember,
  memberLength,
  openMember,
} from '../../../formats/undo-log/member.js'
import {
  parseHeader,
  parseRecord,
  type UndoHeader,
  type UndoRecord,
} from '../../../formats/undo-log/records.js'
import { stateFailure } from '../../../stores/spill/state-file.js'
import { logPath, notePath, refusedLog } from './undo-files.js'

const CHUNK_BYTES = 64 * 1024

/** How far a log was certain to be whole when it was noted, in a file beside it. */
export interface NotedEnd {
  readonly bytes: number
  readonly chain: string
}

/** What one member of a log holds. */
export interface LoggedMember {
  readonly records: readonly UndoRecord[]
  /** Where it ends in the file, and the chain there. */
  readonly end: number
  readonly chain: Buffer
}

/**
 * An undo log, read from its beginning as often as wanted. Whatever is not as it was written is
 * refused with a reason, but for a last member that was cut short: the write that it stood for was
 * never sent.
 */
export class UndoLogFile {
  readonly header: UndoHeader
  readonly #path: string
  readonly #handle: FileHandle
  readonly #noted: NotedEnd | undefined

  private constructor(
    header: UndoHeader,
    path: string,
    handle: FileHandle,
    noted: NotedEnd | undefined,
  ) {
    this.header = header
    this.#path = path
    this.#handle = handle
    this.#noted = noted
  }

  /**
   * `undefined` when there is none, or none that got as far as its header.
   * @throws HeadraceError `ROLLBACK_REFUSED`, `STATE`
   */
  static async open(folder: string): Promise<UndoLogFile | undefined> {
    const path = logPath(folder)
    const handle = await openIfThere(path)
    const noted = await readNote(notePath(folder))
    if (handle === undefined) {
      if (noted === undefined) return undefined
      throw refusedLog(path, 'is missing, though the run kept one')
    }
    try {
      const header = await readHeader(path, handle, noted)
      if (header !== undefined) return new UndoLogFile(header, path, handle, noted)
    } catch (error) {
      await handle.close()
      throw error
    }
    await handle.close()
    return undefined
  }

  /**
   * Each member in order, from the first or from where an earlier one ended.
   * @throws HeadraceError `ROLLBACK_REFUSED`
   */
  async *members(from?: Pick<LoggedMember, 'end' | 'chain'>): AsyncGenerator<LoggedMember> {
    const noted = this.#noted
    let { end, chain } = from ?? { end: 0, chain: FIRST_CHAIN }
    let whole = noted === undefined || end >= noted.bytes
    for (;;) {
      const member = await readMember(this.#path, this.#handle, end, chain, noted?.bytes ?? 0)
      if (member === undefined) break
      const lines = member.text
        .toString('utf8')
        .split('\n')
        .slice(end === 0 ? 1 : 0, -1)
      end = member.end
      chain = member.chain
      if (!whole && noted !== undefined && end >= noted.bytes) {
        whole = end === noted.bytes && chain.toString('hex') === noted.chain
        if (!whole) throw refusedLog(this.#path, 'was exchanged for another one')
      }
      const records = lines.map((line) => parseRecord(line))
      if (!records.every((record) => record !== undefined)) {
        throw refusedLog(this.#path, `holds a record of no known kind before byte ${end}`)
      }
      yield { records, end, chain }
    }
    if (!whole) {
      throw refusedLog(this.#path, `has ${end} bytes where the run had noted ${noted?.bytes}`)
    }
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }
}

async function readHeader(
  path: string,
  handle: FileHandle,
  noted: NotedEnd | undefined,
): Promise<UndoHeader | undefined> {
  const first = await readMember(path, handle, 0, FIRST_CHAIN, noted?.bytes ?? 0)
  if (first === undefined) {
    if (noted === undefined) return undefined
    throw refusedLog(path, `is empty where the run had noted ${noted.bytes} bytes`)
  }
  const header = parseHeader(first.text.toString('utf8').split('\n', 1)[0] ?? '')
  if (header === undefined) throw refusedLog(path, 'has no header that is known here')
  return header
}

interface ReadMember {
  readonly text: Buffer
  readonly chain: Buffer
  readonly end: number
}

/**
 * The member at `at`; `undefined` at the end, or where the last one was cut short.
 * @param certain so many bytes were on disk when that was noted
 */
async function readMember(
  path: string,
  handle: FileHandle,
  at: number,
  before: Buffer,
  certain: number,
): Promise<ReadMember | undefined> {
  const { size } = await handle.stat()
  if (at >= size) return undefined
  const head = await readAt(path, handle, at, Math.min(MEMBER_HEAD_BYTES, size - at))
  const length = memberLength(head)
  const end = at + (length ?? 0)
  if (length !== undefined && end <= size) {
    const bytes = await readAt(path, handle, at, length)
    const member = openMember(bytes, before)
    if (member !== undefined) return { ...member, end }
  }
  if (at >= certain && (await isTorn(path, handle, at, size, end, head))) return undefined
  throw refusedLog(path, `was changed or damaged at byte ${at}: its checksum is another`)
}

/**
 * Whether what stands at `at` can be a last member that did not get to the disk whole: it may be
 * cut short, or be zeros in part, where the file had grown before it was filled.
 */
async function isTorn(
  path: string,
  handle: FileHandle,
  at: number,
  size: number,
  end: number,
  head: Buffer,
): Promise<boolean> {
  const isHead = end > at
  if (isHead && end < size) return false
  for (let from = at + 1; from < size; from += CHUNK_BYTES) {
    const length = Math.min(CHUNK_BYTES + MEMBER_MARK_BYTES - 1, size - from)
    const chunk = await readAt(path, handle, from, length)
    if (mayHoldMember(chunk)) return false
    if (!isHead && head.length === MEMBER_HEAD_BYTES && chunk.some((byte) => byte !== 0)) {
      return false
    }
  }
  return true
}

async function readAt(
  path: string,
  handle: FileHandle,
  position: number,
  length: number,
): Promise<Buffer> {
  const bytes = Buffer.alloc(length)
  try {
    let done = 0
    while (done < length) {
      const { bytesRead } = await handle.read(bytes, done, length - done, position + done)
      if (bytesRead === 0) break
      done += bytesRead
    }
    return bytes.subarray(0, done)
  } catch (error) {
    throw stateFailure('read', path, error)
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw stateFailure('open', path, error)
  }
}

async function readNote(path: string): Promise<NotedEnd | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw stateFailure('read', path, error)
  }
  try {
    const note = JSON.parse(text) as Partial<NotedEnd>
    if (Number.isSafeInteger(note.bytes) && typeof note.chain === 'string') return note as NotedEnd
  } catch {
    // Told below.
  }
  throw refusedLog(path, 'does not say how long the log is')
}
