import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isRunning, ownIdentity, type ProcessIdentity } from './process-identity.js'

/** The processes that use a server which another process owns: one file each. */
export class Attachments {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = join(folder, 'attached')
  }

  /** Registers this process; the result takes it off again. */
  async add(): Promise<() => Promise<void>> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const file = join(this.#folder, `${process.pid}-${randomBytes(4).toString('hex')}`)
    await writeFile(file, JSON.stringify(ownIdentity()), { mode: 0o600, flag: 'wx' })
    return () => rm(file, { force: true })
  }

  /** Processes that are attached and running; files of dead ones are removed. */
  async running(): Promise<number[]> {
    const pids = new Set<number>()
    for (const name of await this.#names()) {
      const identity = await this.#read(name)
      if (identity !== undefined && isRunning(identity)) pids.add(identity.pid)
      else if (identity !== undefined) await rm(join(this.#folder, name), { force: true })
    }
    return [...pids]
  }

  async #names(): Promise<string[]> {
    try {
      return await readdir(this.#folder)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    }
  }

  /** A file that is not yet whole counts as the process its name begins with. */
  async #read(name: string): Promise<ProcessIdentity | undefined> {
    try {
      return JSON.parse(await readFile(join(this.#folder, name), 'utf8')) as ProcessIdentity
    } catch (error) {
      if (error instanceof SyntaxError) return { pid: Number.parseInt(name, 10), started: '' }
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  }
}
