import { defineNormalizer } from './normalizer.js'
import type { Normalizer } from './normalizer.js'
import { expected, expectText } from './values.js'

const GROUPS = [8, 4, 4, 4, 12].map((digits) => `([0-9a-f]{${digits}})`)
const UUID = new RegExp(`^(?:urn:uuid:)?(?:${GROUPS.join('-')}|${GROUPS.join('')})$`)

/**
 * A UUID of any version in its usual form, in small letters with hyphens. Takes capitals, braces
 * around it, `urn:uuid:` before it, and 32 digits without hyphens.
 */
export function uuid(): Normalizer<string, string> {
  return defineNormalizer({
    description: 'uuid()',
    apply: (value: string) => {
      const given = expectText(value).trim().toLowerCase()
      const braced = given.startsWith('{') && given.endsWith('}')
      const match = UUID.exec(braced ? given.slice(1, -1) : given)
      if (match === null) throw expected('a UUID', value)
      return match
        .slice(1)
        .filter((part) => part !== undefined)
        .join('-')
    },
  })
}
