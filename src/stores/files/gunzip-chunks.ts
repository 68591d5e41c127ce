import { createGunzip, type Gunzip } from 'node:zlib'
import { HeadraceError, messageOf } from '../../core/errors.js'

/** What is told of the work, while it goes on. */
export interface GunzipProgress {
  /** Compressed bytes taken in. */
  taken: number
  /** Decompressed bytes given out. */
  given: number
}

/**
 * Decompresses gzip, also of several members. Nothing that follows the gzip data is passed over,
 * but for zero bytes, which some tools pad with.
 * @throws HeadraceError `SOURCE_MALFORMED` where the data are cut off or damaged
 */
export async function* gunzipChunks(
  compressed: AsyncGenerator<Buffer>,
  label: string,
  progress: GunzipProgress,
): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: OUTPUT_BYTES })
  const pump = new Pump(compressed, gunzip)
  void pump.run()
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      progress.taken = gunzip.bytesWritten
      progress.given += chunk.length
      yield chunk
    }
    await assertPadding(pump, gunzip.bytesWritten, label)
  } catch (cause) {
    throw isZlibError(cause) ? damaged(label, gunzip.bytesWritten, progress.given, cause) : cause
  } finally {
    gunzip.destroy()
  }
}

const OUTPUT_BYTES = 64 * 1024

/**
 * Feeds the decompressor; it stands still at the chunk that the decompressor did not finish, and
 * ends when the decompressor is destroyed. Never rejects: a failing source fails the decompressor.
 */
class Pump {
  readonly source: AsyncGenerator<Buffer>
  readonly #gunzip: Gunzip
  /** The chunk written last, and where it ends in the file. */
  last: Buffer = Buffer.alloc(0)
  end = 0

  constructor(source: AsyncGenerator<Buffer>, gunzip: Gunzip) {
    this.source = source
    this.#gunzip = gunzip
  }

  async run(): Promise<void> {
    try {
      for (let next = await this.source.next(); !next.done; next = await this.source.next()) {
        this.last = next.value
        this.end += next.value.length
        await this.#write(next.value)
      }
      this.#gunzip.end()
    } catch (cause) {
      this.#gunzip.destroy(cause as Error)
    }
  }

  #write(chunk: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#gunzip.write(chunk, (error) => {
        if (error) reject(error)
        else resolve()
      })
    })
  }
}

/** The decompressor ends quietly at a zero byte between members: look at what it left. */
async function assertPadding(pump: Pump, used: number, label: string): Promise<void> {
  let rest: Buffer | undefined = pump.last.subarray(pump.last.length - (pump.end - used))
  while (rest !== undefined) {
    if (rest.some((byte) => byte !== 0)) {
      throw new HeadraceError(
        'SOURCE_MALFORMED',
        `${label} goes on after the end of its gzip data, at byte ${used}`,
        { location: { of: label }, hint: 'Unpack it with gzip -dc to see what is there.' },
      )
    }
    const next: IteratorResult<Buffer> = await pump.source.next()
    rest = next.done === true ? undefined : next.value
  }
}

function isZlibError(cause: unknown): boolean {
  return String((cause as NodeJS.ErrnoException | undefined)?.code).startsWith('Z_')
}

function damaged(label: string, taken: number, given: number, cause: unknown): HeadraceError {
  const cut = (cause as NodeJS.ErrnoException).code === 'Z_BUF_ERROR'
  const what = cut ? 'is cut off: its gzip data end too early' : 'holds damaged gzip data'
  return new HeadraceError(
    'SOURCE_MALFORMED',
    `${label} ${what}, at or before byte ${taken} of the file, after ${given} bytes ` +
      `decompressed (${messageOf(cause)})`,
    { location: { of: label }, hint: 'Fetch or export the file again.', cause },
  )
}
