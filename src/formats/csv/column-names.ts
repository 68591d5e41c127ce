/** What to do when two columns of a header have one name. */
export type DuplicateColumns = 'error' | 'suffix'

/** The names that stand more than once, each once. */
export function duplicateNames(names: readonly string[]): string[] {
  const seen = new Set<string>()
  const twice = new Set<string>()
  for (const name of names) {
    if (seen.has(name)) twice.add(name)
    seen.add(name)
  }
  return [...twice]
}

/** `a,b,a,a` → `a,b,a_2,a_3`; a number that another column has already is passed over. */
export function suffixDuplicates(names: readonly string[]): string[] {
  const taken = new Set(names)
  const used = new Set<string>()
  return names.map((name) => {
    let unique = name
    for (let n = 2; used.has(unique); n++) {
      const candidate = `${name}_${n}`
      if (!taken.has(candidate)) unique = candidate
    }
    taken.add(unique)
    used.add(unique)
    return unique
  })
}
