import { createHash } from 'node:crypto'
import { HeadraceError } from '../../core/errors.js'
import {
  parseHead,
  parseTrailer,
  type BackupHead,
  type BackupTrailer,
} from '../../formats/backup/backup-lines.js'
import { START, type JsonRecord } from '../../formats/json/json-record.js'
import { LineSplitter } from '../../formats/json/line-splitter.js'
import type { InputFile } from '../../stores/files/input-files.js'
import { readBytes } from '../../stores/files/read-bytes.js'

/** What is read of a backup, in this order. The trailer comes when all of it was found right. */
export type BackupPart =
  | { readonly kind: 'head'; readonly head: BackupHead }
  | { readonly kind: 'items'; readonly records: readonly JsonRecord[] }
  | { readonly kind: 'trailer'; readonly trailer: BackupTrailer }

/** An item of 400 KB in base64, or with every character escaped, and then some. */
const LINE_BYTES_MAX = 16 * 1024 * 1024

/**
 * Reads a backup from its first line to its last, and holds it against its trailer.
 * @param taken told how many bytes of the file are behind, as stored
 * @throws HeadraceError `SOURCE_MALFORMED` when it is cut off, changed, or no backup; items may
 * have been given by then
 */
export async function* readBackup(
  file: InputFile,
  signal: AbortSignal,
  taken: (bytes: number) => void = () => undefined,
): AsyncGenerator<BackupPart> {
  const splitter = new LineSplitter(START, LINE_BYTES_MAX)
  const sum = new SumUpTo()
  let head: BackupHead | undefined
  // The last line of what was read so far: the trailer, if nothing follows.
  let last: JsonRecord | undefined
  let items = 0
  const records = (): JsonRecord[] => {
    const found: JsonRecord[] = []
    for (let next = splitter.next(); next !== undefined; next = splitter.next()) {
      if (next.cut) throw refusedLine(file, next.line, `is longer than ${LINE_BYTES_MAX} bytes`)
      if (last !== undefined) found.push(last)
      last = next
    }
    return found
  }
  const bytes = readBytes(file, { signal })
  const parts = function* (): Generator<BackupPart> {
    const found = records()
    const first = head === undefined ? found.shift() : undefined
    if (first !== undefined) {
      head = parseHead(textOf(first))
      yield { kind: 'head', head }
    }
    items += found.length
    if (found.length > 0) yield { kind: 'items', records: found }
  }
  for await (const chunk of bytes) {
    sum.push(chunk)
    splitter.push(chunk)
    yield* parts()
    if (last !== undefined) sum.addUpTo(last.position)
    taken(bytes.taken)
  }
  splitter.end()
  yield* parts()
  if (last !== undefined) sum.addUpTo(last.position)
  if (head === undefined) parseHead(last === undefined ? '' : textOf(last))
  const trailer = last === undefined ? undefined : parseTrailer(textOf(last))
  check(file, trailer, items, sum.hex())
  yield { kind: 'trailer', trailer }
}

/** SHA-256 over the beginning of what is pushed: up to a place that moves on. */
class SumUpTo {
  readonly #hash = createHash('sha256')
  #held: Buffer = Buffer.alloc(0)
  #position = 0

  push(chunk: Buffer): void {
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
  }

  addUpTo(position: number): void {
    const length = position - this.#position
    this.#hash.update(this.#held.subarray(0, length))
    this.#held = this.#held.subarray(length)
    this.#position = position
  }

  hex(): string {
    return this.#hash.digest('hex')
  }
}

/** Text that need not be any. */
function textOf({ bytes }: JsonRecord): string {
  return bytes.toString('utf8')
}

function check(
  file: InputFile,
  trailer: BackupTrailer | undefined,
  items: number,
  sha256: string,
): asserts trailer is BackupTrailer {
  const wrong =
    trailer === undefined
      ? 'its last line is missing, so it is cut off'
      : items !== trailer.items
        ? `it has ${items} items, its last line says ${trailer.items}`
        : sha256 !== trailer.sha256
          ? 'its contents are not those that its last line has the SHA-256 of'
          : undefined
  if (wrong === undefined) return
  throw new HeadraceError(
    'SOURCE_MALFORMED',
    `${file.label} is not as headrace backup wrote it: ${wrong}`,
    { location: { of: file.label }, hint: 'Copy the file again, or make the backup again.' },
  )
}

function refusedLine(file: InputFile, line: number, why: string): HeadraceError {
  return new HeadraceError('SOURCE_MALFORMED', `${file.label}:${line} ${why}`, {
    location: { of: file.label, line },
    hint: 'Name a file that headrace backup has written.',
  })
}
