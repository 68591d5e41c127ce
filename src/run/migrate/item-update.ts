import { isAbsent } from '../../core/absent.js'
import { asRead } from '../../core/as-read.js'
import { HeadraceError } from '../../core/errors.js'
import { isOutcome, reject, skip, type Reject, type Skip } from '../../core/outcome.js'
import { decodeItem, type AttributeMap } from '../../formats/dynamodb/attribute-value.js'
import { ValueEncoder } from '../../formats/dynamodb/value-encoder.js'
import type { MigrateOptions } from './migrate-options.js'

/** An update as `toDynamodb({ mode: 'update' })` takes it. */
export interface ItemUpdate {
  readonly [attribute: string]: unknown
  readonly [asRead]: object
}

type Rules<R extends object> = Pick<MigrateOptions<R>, 'done' | 'change'> & {
  readonly keyNames: readonly string[]
}

export const IS_DONE = 'done'
export const STAYS_UNDONE = 'is not done by its change'
export const CHANGES_KEY = 'its change gives it another key'

/** What is to be done with an item: nothing, since it is done, or an update that makes it so. */
export function itemUpdate<R extends object>({ keyNames, done, change }: Rules<R>) {
  const isDone = (item: object): boolean => {
    const said: unknown = done(item as R)
    if (typeof said === 'boolean') return said
    throw notAsExpected('`done` to give true or false', said)
  }
  return (item: R): ItemUpdate | Skip | Reject => {
    if (isDone(item)) return skip(IS_DONE)
    const changes: unknown = change(item)
    if (isOutcome(changes) && changes.kind === 'reject') return changes
    if (!isAttributes(changes)) throw notAsExpected('`change` to give attributes', changes)
    const attributes = item as Readonly<Record<string, unknown>>
    if (keyNames.some((name) => (changes[name] ?? attributes[name]) !== attributes[name])) {
      return reject(CHANGES_KEY)
    }
    if (!isDone(changed(attributes, changes))) return reject(STAYS_UNDONE)
    const keys = Object.fromEntries(keyNames.map((name) => [name, attributes[name]]))
    return { ...changes, ...keys, [asRead]: item }
  }
}

/** The item as it will be read afterwards. */
function changed(
  item: Readonly<Record<string, unknown>>,
  changes: Readonly<Record<string, unknown>>,
): object {
  const encoder = new ValueEncoder(undefined)
  const after: Record<string, unknown> = { ...item }
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) continue
    if (isAbsent(value)) {
      delete after[name]
      continue
    }
    const text = encoder.encode(value, 1)
    // What cannot be stored is refused by the sink, which says why.
    const stored =
      encoder.failure === undefined ? decodeItem(JSON.parse(`{"v":${text}}`) as AttributeMap) : {}
    after[name] = 'v' in stored ? stored['v'] : value
    encoder.failure = undefined
  }
  return after
}

function isAttributes(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || isOutcome(value)) return false
  return !Array.isArray(value) && !(value instanceof Promise)
}

function notAsExpected(expected: string, got: unknown): HeadraceError {
  const what = got instanceof Promise ? 'a promise' : got === null ? 'null' : typeof got
  return new HeadraceError('PIPELINE_INVALID', `migrate(): expected ${expected}; got ${what}`, {
    hint: 'Both are synchronous functions of an item; `change` may give reject(…) as well.',
  })
}
