import { accessSync, constants, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { messageOf } from '../core/errors.js'

/** One finding about this machine. */
export interface Check {
  readonly name: string
  /** `failed` for what is needed and not there, `absent` for what only some pipelines need. */
  readonly status: 'ok' | 'absent' | 'failed'
  readonly detail: string
  /** What to do about it. */
  readonly hint?: string
}

interface PackageJson {
  readonly version: string
  readonly engines: { readonly node: string }
  readonly dependencies: Readonly<Record<string, string>>
  readonly peerDependencies: Readonly<Record<string, string>>
}

const OWN_PACKAGE = new URL('../../package.json', import.meta.url)

export function ownPackage(): PackageJson {
  return JSON.parse(readFileSync(OWN_PACKAGE, 'utf8')) as PackageJson
}

/** @param engines such as `>=20.19` */
export function checkNode(version: string, engines: string): Check {
  const [major = 0, minor = 0] = numbers(engines)
  const [ownMajor = 0, ownMinor = 0] = numbers(version)
  if (ownMajor > major || (ownMajor === major && ownMinor >= minor)) {
    return { name: 'node', status: 'ok', detail: version }
  }
  const detail = `${version}, which is older than ${engines}`
  return { name: 'node', status: 'failed', detail, hint: `Install Node.js ${engines}.` }
}

function numbers(version: string): number[] {
  return (version.match(/\d+/g) ?? []).map(Number)
}

/** What the packages are for that not every pipeline needs. */
const PURPOSES: Readonly<Record<string, string>> = {
  '@aws-sdk/client-s3': 'to read from S3',
  dynalite: 'for --local',
  hyparquet: 'for fromParquet',
  'hyparquet-compressors': 'for compressed Parquet files',
  'libphonenumber-js': 'for the normalizer phone',
  libsql: 'for fromSqlite',
}

/** Packages that are always needed, and those that some pipelines need. */
export function checkPackages(own: PackageJson): Check[] {
  const check = (name: string, needed: boolean): Check => {
    const version = packageVersion(name)
    const purpose = PURPOSES[name]
    const why = purpose === undefined ? '' : `, ${purpose}`
    if (version !== undefined) return { name, status: 'ok', detail: `${version}${why}` }
    const hint = `npm install ${name}`
    return { name, status: needed ? 'failed' : 'absent', detail: `not installed${why}`, hint }
  }
  return [
    ...Object.keys(own.dependencies).map((name) => check(name, true)),
    ...Object.keys(own.peerDependencies).map((name) => check(name, false)),
  ]
}

/** The version of a package as this one would find it. */
export function packageVersion(name: string): string | undefined {
  for (const folder of createRequire(OWN_PACKAGE).resolve.paths(name) ?? []) {
    try {
      const text = readFileSync(join(folder, name, 'package.json'), 'utf8')
      return (JSON.parse(text) as { version: string }).version
    } catch {
      continue
    }
  }
  return undefined
}

/** Whether the state folder, or the folder it would be made in, can be written. */
export function checkStateFolder(stateDir: string): Check {
  const name = 'state folder'
  const path = resolve(stateDir)
  try {
    accessSync(nearestThatExists(path), constants.W_OK | constants.X_OK)
    return { name, status: 'ok', detail: path }
  } catch (error) {
    const hint = 'Choose another folder with --state-dir.'
    return { name, status: 'failed', detail: `${path}: ${messageOf(error)}`, hint }
  }
}

function nearestThatExists(path: string): string {
  try {
    accessSync(path)
    return path
  } catch (error) {
    const parent = dirname(path)
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    return missing && parent !== path ? nearestThatExists(parent) : path
  }
}
