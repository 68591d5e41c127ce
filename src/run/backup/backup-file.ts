import { createHash } from 'node:crypto'
import { open, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { promisify } from 'node:util'
import { constants, gzip } from 'node:zlib'
import { HeadraceError, messageOf } from '../../core/errors.js'
import { headLine, trailerLine, type BackupHead } from '../../formats/backup/backup-lines.js'

const compress = promisify(gzip)
/** At 6, the default, a file is 5 % smaller and takes thrice the time. */
const LEVEL = constants.Z_BEST_SPEED + 1

/**
 * A backup being written, beside its name until it is whole. Each block of lines becomes a member
 * of the gzip file, so that several are compressed at once.
 */
export class BackupFile {
  readonly path: string
  readonly #file: FileHandle
  readonly #hash = createHash('sha256')
  #writing: Promise<void> = Promise.resolve()
  #items = 0
  #bytes = 0

  private constructor(path: string, file: FileHandle) {
    this.path = path
    this.#file = file
  }

  /**
   * Only its owner may read the file.
   * @throws HeadraceError `USAGE` when there is a file of that name and it is not to be replaced
   */
  static async create(path: string, head: BackupHead, replace: boolean): Promise<BackupFile> {
    if (!replace && (await exists(path))) {
      throw new HeadraceError('USAGE', `There is a file ${path} already`, {
        hint: 'Choose another name, or replace it with --force.',
      })
    }
    const handle = await open(partOf(path), 'w', 0o600).catch((cause: unknown) => {
      throw notWritten(path, cause)
    })
    const file = new BackupFile(path, handle)
    try {
      await file.#append(headLine(head), 0)
    } catch (error) {
      await file.discard()
      throw error
    }
    return file
  }

  get items(): number {
    return this.#items
  }

  /** Of the file as it is stored. */
  get bytes(): number {
    return this.#bytes
  }

  /** What was written so far, under its provisional name. */
  get partPath(): string {
    return partOf(this.path)
  }

  /** Adds these lines, of items each; several calls may be under way. */
  addItems(lines: string, items: number): Promise<void> {
    return this.#append(lines, items)
  }

  /** Adds the last line, and waits until all is on the disk. @returns the SHA-256 */
  async end(): Promise<string> {
    const sha256 = this.#hash.copy().digest('hex')
    await this.#append(trailerLine({ items: this.#items, sha256 }), 0)
    try {
      await this.#file.sync()
      await this.#file.close()
    } catch (cause) {
      throw notWritten(this.path, cause)
    }
    return sha256
  }

  /** Gives the file its name. */
  async publish(): Promise<void> {
    try {
      await rename(this.partPath, this.path)
      await syncFolder(dirname(resolve(this.path)))
    } catch (cause) {
      throw notWritten(this.path, cause)
    }
  }

  /** Removes what was written. */
  async discard(): Promise<void> {
    await this.#writing.catch(() => undefined)
    await this.#file.close().catch(() => undefined)
    await rm(this.partPath, { force: true }).catch(() => undefined)
  }

  async #append(lines: string, items: number): Promise<void> {
    const text = Buffer.from(lines)
    const member = await compress(text, { level: LEVEL })
    const before = this.#writing
    // Members stand in the order in which they are hashed.
    this.#writing = (async () => {
      await before
      this.#hash.update(text)
      await this.#file.writeFile(member).catch((cause: unknown) => {
        throw notWritten(this.path, cause)
      })
      this.#items += items
      this.#bytes += member.length
    })()
    await this.#writing
  }
}

function partOf(path: string): string {
  return `${path}.part`
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

/** Makes a rename last; not every platform lets a folder be opened. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined)
  await folder?.sync().catch(() => undefined)
  await folder?.close()
}

function notWritten(path: string, cause: unknown): HeadraceError {
  const code = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'USAGE' : 'TARGET_REFUSED'
  return new HeadraceError(code, `${path} cannot be written: ${messageOf(cause)}`, {
    hint: 'Check that its folder exists and may be written to, and that the disk is not full.',
    cause,
  })
}
