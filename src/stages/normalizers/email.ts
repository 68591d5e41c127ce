import { defineNormalizer } from './normalizer.js'
import type { Normalizer } from './normalizer.js'
import { expected, expectText } from './values.js'

/** RFC 5321, 4.5.3.1: 64 octets before the @; 254 in all is what fits its 256-octet path. */
const LOCAL_BYTES_MAX = 64
const ADDRESS_BYTES_MAX = 254

const ATOM = "[\\p{L}\\p{M}\\p{N}!#$%&'*+/=?^_`{|}~-]+"
const LABEL = '[\\p{L}\\p{N}](?:[\\p{L}\\p{M}\\p{N}-]{0,61}[\\p{L}\\p{M}\\p{N}])?'
const ADDRESS = new RegExp(`^(${ATOM}(?:\\.${ATOM})*)@${LABEL}(?:\\.${LABEL})+$`, 'u')

/**
 * An e-mail address, trimmed and in small letters. Takes the dot-atom form of RFC 5321 with a
 * domain of at least two labels, also with letters of any script (RFC 6531); no quoted local parts,
 * display names or IP addresses.
 */
export function email(): Normalizer<string, string> {
  return defineNormalizer({
    description: 'email()',
    apply: (value: string) => {
      const address = expectText(value).trim().toLowerCase()
      const local = ADDRESS.exec(address)?.[1]
      if (
        local === undefined ||
        Buffer.byteLength(local) > LOCAL_BYTES_MAX ||
        Buffer.byteLength(address) > ADDRESS_BYTES_MAX
      ) {
        throw expected('an e-mail address', value)
      }
      return address
    },
  })
}
