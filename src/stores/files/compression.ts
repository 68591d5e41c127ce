/** How a file is packed, told by its first bytes, never by its name. */
export type Compression = 'none' | 'gzip' | 'zstd' | 'xz' | 'bzip2' | 'zip'

const SIGNATURES: readonly (readonly [Compression, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['bzip2', [0x42, 0x5a, 0x68, -1, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59]],
  ['zip', [0x50, 0x4b, 0x03, 0x04]],
]

/** How many bytes of a file tell its compression. */
export const SIGNATURE_BYTES = 10

export function detectCompression(head: Uint8Array): Compression {
  const found = SIGNATURES.find(([, bytes]) =>
    bytes.every((byte, at) => byte === -1 || byte === head[at]),
  )
  return found?.[0] ?? 'none'
}

/** A command that writes the unpacked bytes to standard output. */
export const UNPACK_COMMANDS: Readonly<Record<Exclude<Compression, 'none'>, string>> = {
  gzip: 'gzip -dc',
  zstd: 'zstd -dc',
  xz: 'xz -dc',
  bzip2: 'bzip2 -dc',
  zip: 'unzip -p',
}
