import type { ProjectedColumn } from '../core/projection.js'

/** The columns before, with those made in the places of their names, or behind the others. */
export function columnsWith(
  made: readonly string[],
  before: readonly string[],
): readonly ProjectedColumn[] {
  const kept = before.map((name, place) => {
    const index = made.indexOf(name)
    return { name, of: index === -1 ? place : before.length + index }
  })
  const added = made.map((name, index) => ({ name, of: before.length + index }))
  return [...kept, ...added.filter(({ name }) => !before.includes(name))]
}
