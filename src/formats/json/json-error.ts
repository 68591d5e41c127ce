/**
 * What is wrong. After `syntax`, what follows cannot be trusted to stand where it seems to; after
 * the others it can.
 */
export type JsonProblem = 'syntax' | 'encoding' | 'nesting'

/** A place in a text or in a file. */
export interface JsonPlace {
  /** From 0: in UTF-16 code units of a text, in bytes of a file. */
  readonly position: number
  /** From 1. */
  readonly line: number
  /** From 1, in UTF-16 code units. */
  readonly column: number
}

/** What is read is not JSON, or is beyond the bounds; says where. */
export class JsonError extends Error implements JsonPlace {
  override readonly name = 'JsonError'
  readonly problem: JsonProblem
  /** What is wrong, without the text itself: the same for the same kind of mistake. */
  readonly reason: string
  /** What stands there, to be said behind the reason; may be empty. */
  readonly detail: string
  readonly position: number
  readonly line: number
  readonly column: number

  constructor(problem: JsonProblem, reason: string, place: JsonPlace, detail = '') {
    super(`${reason}${detail} at line ${place.line}, column ${place.column}`)
    this.problem = problem
    this.reason = reason
    this.detail = detail
    this.position = place.position
    this.line = place.line
    this.column = place.column
  }
}

/** Where a position of a text is. */
export function placeIn(text: string, position: number): JsonPlace {
  const before = text.slice(0, position)
  let line = 1
  for (let at = before.indexOf('\n'); at !== -1; at = before.indexOf('\n', at + 1)) line++
  return { position, line, column: position - before.lastIndexOf('\n') }
}
