import { HeadraceError } from './errors.js'

/**
 * Refuses options that `of` does not have, naming the one that was probably meant.
 * @throws HeadraceError `PIPELINE_INVALID`
 */
export function requireKnownOptions(of: string, given: unknown, known: readonly string[]): void {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    const got = given === null ? 'null' : Array.isArray(given) ? 'a list' : typeof given
    throw new HeadraceError('PIPELINE_INVALID', `Expected ${of} to be given an object; got ${got}`)
  }
  for (const option of Object.keys(given)) {
    if (known.includes(option)) continue
    const meant = nearestName(option, known)
    throw new HeadraceError('PIPELINE_INVALID', `${of} has no option \`${option}\``, {
      hint:
        meant === undefined ? `Its options are ${known.join(', ')}.` : `Did you mean \`${meant}\`?`,
    })
  }
}

/** Which of `names` a mistyped word is near enough to, if any: two letters of five may differ. */
export function nearestName(word: string, names: readonly string[]): string | undefined {
  let nearest: string | undefined
  let least = Math.max(1, Math.round(word.length * 0.4)) + 1
  for (const name of names) {
    const distance = editDistance(word.toLowerCase(), name.toLowerCase())
    if (distance < least) {
      least = distance
      nearest = name
    }
  }
  return nearest
}

/** Letters to insert, delete or replace to make one word of the other. */
function editDistance(from: string, to: string): number {
  let above = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1]
      const replaced = (above[column - 1] as number) + (same ? 0 : 1)
      const shifted = Math.min(above[column] as number, current[column - 1] as number) + 1
      current.push(Math.min(replaced, shifted))
    }
    above = current
  }
  return above[to.length] as number
}
