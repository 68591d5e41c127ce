import type { Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { parseGlob, type GlobSegment } from './glob-pattern.js'

/** The files that a glob matches, sorted by path in code unit order. Folders are left out. */
export async function matchFiles(pattern: string): Promise<string[]> {
  const found = new Set<string>()
  for (const segments of parseGlob(pattern)) {
    const absolute = segments[0] !== undefined && isEmptyLiteral(segments[0])
    await walk(absolute ? '/' : '', absolute ? segments.slice(1) : segments, found)
  }
  return [...found].sort((a, b) => (a < b ? -1 : 1))
}

async function walk(
  folder: string,
  segments: readonly GlobSegment[],
  found: Set<string>,
): Promise<void> {
  const [segment, ...rest] = segments
  if (segment === undefined) return
  if (segment === '**') return walkDeep(folder, rest, found)
  if ('literal' in segment) return step(join(folder, segment.literal), rest, found)
  for (const entry of await entriesOf(folder)) {
    if (segment.test.test(entry.name)) await step(join(folder, entry.name), rest, found)
  }
}

async function step(path: string, rest: readonly GlobSegment[], found: Set<string>): Promise<void> {
  if (rest.length > 0) return walk(path, rest, found)
  const stats = await stat(path).catch(() => undefined)
  if (stats !== undefined && !stats.isDirectory()) found.add(path)
}

/** `**`: this folder and all below it; links to folders are not followed, they may be circular. */
async function walkDeep(
  folder: string,
  rest: readonly GlobSegment[],
  found: Set<string>,
): Promise<void> {
  const behind = rest.length === 0 ? parseGlob('*')[0] : rest
  await walk(folder, behind ?? [], found)
  for (const entry of await entriesOf(folder)) {
    if (!entry.isDirectory() || entry.name.startsWith('.')) continue
    await walkDeep(join(folder, entry.name), rest, found)
  }
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  return readdir(folder === '' ? '.' : folder, { withFileTypes: true }).catch(() => [])
}

function isEmptyLiteral(segment: GlobSegment): boolean {
  return segment !== '**' && 'literal' in segment && segment.literal === ''
}
