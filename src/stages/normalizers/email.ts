import { defineNormalizer } from './normalizer.js'
import type { Normalizer } from './normalizer.js'
import { expected, expectText } from './values.js'

/** RFC 5321, 4.5.3.1: 64 octets before the @; 254 in all is what fits its 256-octet path. */
const LOCAL_BYTES_MAX = 64
const ADDRESS_BYTES_MAX = 254

/** Of all scripts. */
const ADDRESS = new RegExp(addressPattern('\\p{L}\\p{N}', '\\p{M}'), 'u')
/** Of small ASCII letters, as nearly all are: takes half the time. */
const ASCII_ADDRESS = new RegExp(addressPattern('a-z0-9', ''))

function addressPattern(letters: string, marks: string): string {
  const atom = `[${letters}${marks}!#$%&'*+/=?^_\`{|}~-]+`
  const label = `[${letters}](?:[${letters}${marks}-]{0,61}[${letters}${marks}])?`
  return `^(${atom}(?:\\.${atom})*)@${label}(?:\\.${label})+$`
}

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
      const local = (ASCII_ADDRESS.exec(address) ?? ADDRESS.exec(address))?.[1]
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
