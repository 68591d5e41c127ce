import type { QueryDocument } from './mongodb-options.js'

const ID = '_id'

/**
 * Why documents that a pipeline gives cannot be found again by the `_id` of those it takes, as a
 * part of a sentence; `undefined` where each comes once at most, with its `_id`, in their order.
 */
export function whyIdsAreLost(pipeline: readonly QueryDocument[]): string | undefined {
  for (const stage of pipeline) {
    const [operator = '', argument] = Object.entries(stage)[0] ?? []
    const keeps = KEEPING.get(operator)
    if (keeps === undefined) return `${operator} may not give each document once, in order`
    if (!keeps(argument)) return `${operator} may change \`_id\``
  }
  return undefined
}

const KEEPING: ReadonlyMap<string, (argument: unknown) => boolean> = new Map([
  ['$match', () => true],
  ['$redact', () => true],
  ['$set', keepsAllOf],
  ['$addFields', keepsAllOf],
  ['$unset', (fields) => [fields].flat().every((field) => !isOfId(field))],
  ['$lookup', (argument) => !isOfId((argument as { as?: unknown }).as)],
  ['$graphLookup', (argument) => !isOfId((argument as { as?: unknown }).as)],
  ['$project', projectsId],
])

function keepsAllOf(fields: unknown): boolean {
  return !Object.keys(fields as object).some(isOfId)
}

function projectsId(fields: unknown): boolean {
  return Object.entries(fields as object).every(
    ([field, held]) => !isOfId(field) || (field === ID && (held === 1 || held === true)),
  )
}

function isOfId(field: unknown): boolean {
  return typeof field !== 'string' || field === ID || field.startsWith(`${ID}.`)
}
