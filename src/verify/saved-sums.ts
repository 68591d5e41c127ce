import { createHash } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { onStateFile, writeFully } from '../stores/spill/state-file.js'
import { BucketSums } from './bucket-sums.js'
import { ReadPositions, type SavedPositions } from './read-positions.js'

/** How far both sides are summed, and the sums so far. */
export interface SumState {
  readonly sums: { readonly source: BucketSums; readonly target: BucketSums }
  readonly positions: { readonly source: ReadPositions; readonly target: ReadPositions }
  /** Items read so far. */
  readonly items: { source: number; target: number }
  /** When reading began. */
  readonly since: string
}

export function emptyState(): SumState {
  return {
    since: new Date().toISOString(),
    sums: { source: new BucketSums(), target: new BucketSums() },
    positions: { source: new ReadPositions(), target: new ReadPositions() },
    items: { source: 0, target: 0 },
  }
}

/** The first line of the file; the sums of both sides follow, as bytes. */
interface Head {
  readonly version: 1
  readonly since: string
  /** What must be the same for the sums to go on. */
  readonly identity: string
  readonly source: SavedPositions
  readonly target: SavedPositions
  readonly items: { readonly source: number; readonly target: number }
  readonly sha256: string
}

/** Keeps the state of a comparison in a file, so that one that was stopped can go on. */
export class SavedSums {
  readonly #path: string
  readonly #identity: string

  constructor(path: string, identity: string) {
    this.#path = path
    this.#identity = identity
  }

  /** What was saved; `undefined` where nothing was, or not by a comparison of the same things. */
  load(): SumState | undefined {
    const file = onStateFile('read', this.#path, () => readIfThere(this.#path))
    const headEnd = file?.indexOf('\n') ?? -1
    if (file === undefined || headEnd === -1) return undefined
    const body = file.subarray(headEnd + 1)
    const head = headOf(file.toString('utf8', 0, headEnd))
    if (head?.version !== 1 || head.identity !== this.#identity) return undefined
    if (body.length !== 2 * BucketSums.BYTES || sha256(body) !== head.sha256) return undefined
    return {
      since: head.since,
      sums: {
        source: new BucketSums(Uint8Array.from(body.subarray(0, BucketSums.BYTES))),
        target: new BucketSums(Uint8Array.from(body.subarray(BucketSums.BYTES))),
      },
      positions: {
        source: new ReadPositions(head.source),
        target: new ReadPositions(head.target),
      },
      items: { ...head.items },
    }
  }

  /** Replaces what was saved, unless a part is being read that tells no position. */
  save({ sums, positions, items, since }: SumState): void {
    const source = positions.source.save()
    const target = positions.target.save()
    if (source === undefined || target === undefined) return
    const body = Buffer.concat([sums.source.bytes, sums.target.bytes])
    const identity = this.#identity
    const head: Head = {
      version: 1,
      since,
      identity,
      source,
      target,
      items,
      sha256: sha256(body),
    }
    const draft = `${this.#path}.tmp`
    const fd = onStateFile('create', draft, () => openSync(draft, 'w', 0o600))
    try {
      const line = Buffer.from(`${JSON.stringify(head)}\n`)
      writeFully(fd, draft, line, 0)
      writeFully(fd, draft, body, line.length)
      onStateFile('write', draft, () => fsyncSync(fd))
    } finally {
      closeSync(fd)
    }
    onStateFile('write', this.#path, () => renameSync(draft, this.#path))
  }

  /** There is nothing to go on with. */
  remove(): void {
    onStateFile('remove', this.#path, () => rmSync(this.#path, { force: true }))
  }
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function headOf(line: string): Head | undefined {
  try {
    return JSON.parse(line) as Head
  } catch {
    return undefined
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
