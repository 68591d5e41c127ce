import { HeadraceError } from '../../core/errors.js'
import { SIGNATURE_BYTES, UNPACK_COMMANDS, type Compression } from './compression.js'
import { gunzipChunks, type GunzipProgress } from './gunzip-chunks.js'

/**
 * The decompressed bytes from `skip` on.
 * @throws HeadraceError `SOURCE_MALFORMED` for damaged gzip or another compression
 */
export async function* unpacked(
  label: string,
  compression: Compression,
  open: () => AsyncGenerator<Buffer>,
  skip: number,
  progress: GunzipProgress,
): AsyncGenerator<Buffer> {
  if (compression === 'none') {
    for await (const chunk of open()) {
      progress.taken += chunk.length
      yield chunk
    }
    return
  }
  if (compression !== 'gzip') throw unsupported(label, compression)
  let ahead = skip
  for await (const chunk of gunzipChunks(open(), label, progress)) {
    if (ahead < chunk.length) yield ahead > 0 ? chunk.subarray(ahead) : chunk
    ahead = Math.max(0, ahead - chunk.length)
  }
}

/** The first bytes of a stream that cannot be read twice, and all of it. */
export async function peeked(
  source: AsyncGenerator<Buffer>,
): Promise<{ head: Buffer; chunks: AsyncGenerator<Buffer> }> {
  const taken: Buffer[] = []
  for (let bytes = 0; bytes < SIGNATURE_BYTES;) {
    const next = await source.next()
    if (next.done === true) break
    taken.push(next.value)
    bytes += next.value.length
  }
  const chunks = (async function* () {
    yield* taken
    yield* source
  })()
  return { head: Buffer.concat(taken), chunks }
}

function unsupported(
  label: string,
  compression: Exclude<Compression, 'none' | 'gzip'>,
): HeadraceError {
  const command = UNPACK_COMMANDS[compression]
  return new HeadraceError(
    'SOURCE_MALFORMED',
    `${label} is compressed with ${compression}, of which only gzip is read here`,
    {
      location: { of: label },
      hint: `Unpack it first, or pipe it in: ${command} ${label} | … with the path "-".`,
    },
  )
}
