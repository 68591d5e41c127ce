import { HeadraceError } from '../../core/errors.js'
import { PARTITION_KEY_BYTES_MAX, SORT_KEY_BYTES_MAX } from './limits.js'

/** An attribute that is a key, and its type: string, number or binary. */
export interface KeyAttribute {
  readonly name: string
  readonly type: 'S' | 'N' | 'B'
}

/** A key attribute of a secondary index, which items may lack. */
export interface IndexKey extends KeyAttribute {
  readonly index: string
  readonly role: 'partition' | 'sort'
}

/** What a key attribute must be. */
export interface KeyRule {
  readonly label: string
  readonly type: 'S' | 'N' | 'B'
  readonly bytesMax: number
}

const TYPE_WORDS = { S: 'a string', N: 'a number', B: 'binary' } as const

/** The key attributes of a table and its indexes. */
export interface KeySchema {
  readonly partitionKey: KeyAttribute
  readonly sortKey?: KeyAttribute | undefined
  readonly indexKeys?: readonly IndexKey[] | undefined
}

/**
 * What each key attribute must be, by name.
 * @throws HeadraceError `PIPELINE_INVALID` when the attributes contradict each other
 */
export function keyRules(schema: KeySchema): Map<string, KeyRule> {
  const rules = new Map<string, KeyRule>()
  const { partitionKey, sortKey, indexKeys = [] } = schema
  const add = (key: KeyAttribute, label: string, bytesMax: number): void => {
    const known = rules.get(key.name)
    if (known !== undefined && known.type !== key.type) {
      throw new HeadraceError(
        'PIPELINE_INVALID',
        `Expected one type for key attribute ${JSON.stringify(key.name)}; ` +
          `got ${known.type} (${known.label}) and ${key.type} (${label})`,
      )
    }
    if (known === undefined) rules.set(key.name, { label, type: key.type, bytesMax })
    else rules.set(key.name, { ...known, bytesMax: Math.min(known.bytesMax, bytesMax) })
  }
  add(partitionKey, 'partition key', PARTITION_KEY_BYTES_MAX)
  if (sortKey?.name === partitionKey.name) {
    throw new HeadraceError(
      'PIPELINE_INVALID',
      `Expected partition and sort key to be two attributes; ` +
        `got ${JSON.stringify(sortKey.name)} twice`,
    )
  }
  if (sortKey !== undefined) add(sortKey, 'sort key', SORT_KEY_BYTES_MAX)
  for (const key of indexKeys) {
    const bytesMax = key.role === 'partition' ? PARTITION_KEY_BYTES_MAX : SORT_KEY_BYTES_MAX
    add(key, `${key.role} key of index ${key.index}`, bytesMax)
  }
  return rules
}

/**
 * Which part of the rule a value breaks, if any.
 * @param bytes size of the value
 */
export function brokenRule(rule: KeyRule, type: string, bytes: number): string | undefined {
  if (type !== rule.type) return `${rule.label} is not ${TYPE_WORDS[rule.type]}`
  if (bytes === 0) return `${rule.label} is empty`
  if (bytes > rule.bytesMax) return `${rule.label} is longer than ${rule.bytesMax} bytes`
  return undefined
}
