import type { ConsumedUnits } from '../write-response.js'

/** What one of several writes consumed, and what it was expected to. */
export interface Consumption {
  /** `undefined` where the server did not tell. */
  readonly consumed: ConsumedUnits | undefined
  readonly expectedUnits: number
}

/** What writes consumed together; `undefined` where nothing is known of any of them. */
export function consumedTogether(parts: readonly Consumption[]): ConsumedUnits | undefined {
  if (parts.every(({ consumed }) => consumed === undefined)) return undefined
  let table = 0
  const indexes = new Map<string, number>()
  for (const { consumed, expectedUnits } of parts) {
    table += consumed?.table ?? expectedUnits
    for (const [name, units] of consumed?.indexes ?? []) {
      indexes.set(name, (indexes.get(name) ?? 0) + units)
    }
  }
  return { table, indexes }
}
