/** Those of `names` that a typing mistake could turn into `name`, nearest first, at most three. */
export function similarNames(name: string, names: readonly string[]): string[] {
  const farthest = Math.max(1, Math.floor(name.length / 3))
  return names
    .map((other) => ({ other, edits: editDistance(name.toLowerCase(), other.toLowerCase()) }))
    .filter(({ edits }) => edits <= farthest)
    .sort((a, b) => a.edits - b.edits || (a.other < b.other ? -1 : 1))
    .slice(0, 3)
    .map(({ other }) => other)
}

/** Levenshtein distance, by one row of the table at a time. */
function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const replaced = (above[column - 1] as number) + (a[row - 1] === b[column - 1] ? 0 : 1)
      const removed = (above[column] as number) + 1
      const added = (current[column - 1] as number) + 1
      current.push(Math.min(replaced, removed, added))
    }
    above = current
  }
  return above[b.length] as number
}
