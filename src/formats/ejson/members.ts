import { atMember } from './bson-value-error.js'

/**
 * Replaces each member of an array or object by what `convert` makes of it, in place: documents
 * are fresh from a parser, and mostly stay as they are. In arrays nothing can be absent.
 */
export function convertMembers<T extends object>(
  container: T,
  convert: (value: unknown) => unknown,
): T {
  if (Array.isArray(container)) {
    for (const [index, value] of container.entries()) {
      if (isLeaf(value) && value !== undefined) continue
      container[index] = atMember(String(index), () => convert(value) ?? null)
    }
    return container
  }
  const members = container as Record<string, unknown>
  for (const name of Object.keys(members)) {
    const value = members[name]
    if (isLeaf(value)) continue
    const converted = atMember(name, () => convert(value))
    if (converted !== value) members[name] = converted
  }
  return container
}

function isLeaf(value: unknown): boolean {
  return typeof value !== 'object' || value === null
}
