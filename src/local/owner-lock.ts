import { link, mkdir, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LocalEngine } from './engine.js'
import { isRunning, ownIdentity, type ProcessIdentity } from './process-identity.js'

/** What the process that runs the server tells the others. */
export interface Owner extends ProcessIdentity {
  /** `undefined` while it starts, and when it is about to stop: no one may attach then. */
  readonly server: OwnedServer | undefined
}

export interface OwnedServer {
  readonly engine: LocalEngine
  readonly endpoint: string
}

const TAKEOVER_AGE_MAX_MS = 10_000

/** The file that says who runs the server of a folder; there is one owner at most. */
export class OwnerLock {
  readonly #file: string
  readonly #draft: string
  readonly #takeover: string

  constructor(folder: string) {
    this.#file = join(folder, 'owner.json')
    this.#draft = join(folder, `owner.${process.pid}.tmp`)
    this.#takeover = join(folder, 'takeover')
  }

  /** The owner, if there is one that runs. */
  async owner(): Promise<Owner | undefined> {
    const owner = await this.#read()
    return owner !== undefined && isRunning(owner) ? owner : undefined
  }

  /** Becomes the owner, unless there is one. */
  async acquire(): Promise<boolean> {
    if (await this.#create()) return true
    if ((await this.owner()) !== undefined) return false
    return this.#replaceDead()
  }

  /** Tells the others where the server is, or that they cannot attach; only for the owner. */
  async announce(server: OwnedServer | undefined): Promise<void> {
    await this.#write(server)
    await rename(this.#draft, this.#file)
  }

  /** Gives up ownership; only for the owner. */
  async release(): Promise<void> {
    await rm(this.#file, { force: true })
  }

  async #read(): Promise<Owner | undefined> {
    try {
      return JSON.parse(await readFile(this.#file, 'utf8')) as Owner
    } catch (error) {
      if (error instanceof SyntaxError || isMissing(error)) return undefined
      throw error
    }
  }

  async #write(server: OwnedServer | undefined): Promise<void> {
    await writeFile(
      this.#draft,
      JSON.stringify({
        ...ownIdentity(),
        server: server && { engine: server.engine, endpoint: server.endpoint },
      }),
      { mode: 0o600 },
    )
  }

  /** A link fails where the file exists, and shows it only whole. */
  async #create(): Promise<boolean> {
    await this.#write(undefined)
    try {
      await link(this.#draft, this.#file)
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
      throw error
    } finally {
      await rm(this.#draft, { force: true })
    }
  }

  /**
   * Between seeing that the owner is dead and removing its file, another process could do the same
   * and put its own in place, which would then be removed. So only one may do this at a time.
   */
  async #replaceDead(): Promise<boolean> {
    try {
      await mkdir(this.#takeover)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      await this.#removeAbandonedTakeover()
      return false
    }
    try {
      if ((await this.owner()) !== undefined) return false
      await rm(this.#file, { force: true })
      return await this.#create()
    } finally {
      await rmdir(this.#takeover)
    }
  }

  async #removeAbandonedTakeover(): Promise<void> {
    try {
      const { mtimeMs } = await stat(this.#takeover)
      if (Date.now() - mtimeMs > TAKEOVER_AGE_MAX_MS) await rmdir(this.#takeover)
    } catch (error) {
      if (!isMissing(error)) throw error
    }
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT'
}
