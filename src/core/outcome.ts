const BRAND = Symbol.for('headrace.outcome')

/** Returned by a mapper: this row is left out on purpose, and counted as skipped. */
export interface Skip {
  readonly kind: 'skip'
  readonly reason: string
  readonly [BRAND]: true
}

/** Returned by a mapper: this row cannot be stored; it goes to the reject file. */
export interface Reject {
  readonly kind: 'reject'
  readonly reason: string
  readonly column?: string
  readonly value?: unknown
  readonly [BRAND]: true
}

/** Leaves the row out; `reason` is counted in the summary. */
export function skip(reason: string): Skip {
  return { kind: 'skip', reason, [BRAND]: true }
}

/**
 * Rejects the row. `reason` groups rejects in the summary, so keep the value out of it;
 * `where` names the column and the value, which the reject file shows.
 */
export function reject(
  reason: string,
  where: { readonly column?: string; readonly value?: unknown } = {},
): Reject {
  return { kind: 'reject', reason, ...where, [BRAND]: true }
}

export function isOutcome(value: unknown): value is Skip | Reject {
  return typeof value === 'object' && value !== null && BRAND in value
}

/** A value as the reject file shows it: text of at most `max` characters. */
export function excerpt(value: unknown, max = 120): string {
  const text = asText(value)
  return text.length <= max ? text : `${text.slice(0, max - 1)}…`
}

function asText(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value !== 'object' || value === null) return String(value)
  try {
    return (
      JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? `${v}` : v)) ??
      Object.prototype.toString.call(value)
    )
  } catch {
    // It holds itself, or its toJSON throws.
    return Object.prototype.toString.call(value)
  }
}
