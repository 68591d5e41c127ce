import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { temporaryFolder } from './temporary-folder.js'

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--hide-scrollbars',
]

/** The browser of this machine; `undefined` where there is none. */
export const CHROMIUM = process.env['CHROMIUM'] ?? PLACES.find((place) => existsSync(place))

/** Runs the browser once on a page. */
export async function browse(flags: readonly string[], url: string): Promise<string> {
  if (CHROMIUM === undefined) throw new Error('There is no Chromium on this machine')
  const profile = `--user-data-dir=${join(temporaryFolder(), 'profile')}`
  const { stdout } = await promisify(execFile)(CHROMIUM, [...FLAGS, profile, ...flags, url], {
    timeout: 30_000,
    maxBuffer: 16 * 1024 * 1024,
  })
  return stdout
}
