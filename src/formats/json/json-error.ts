/**
 * What is wrong with a text. After `syntax`, what follows cannot be trusted to stand where it
 * seems to; after the others it can.
 */
export type JsonProblem = 'syntax' | 'encoding' | 'nesting'

/** A text that is not JSON, or is beyond the bounds; says where. */
export class JsonError extends Error {
  override readonly name = 'JsonError'
  readonly problem: JsonProblem
  /** What is wrong, without the text itself: the same for the same kind of mistake. */
  readonly reason: string
  /** Offset in the text, from 0, in UTF-16 code units. */
  readonly position: number
  /** From 1. */
  readonly line: number
  /** From 1, in UTF-16 code units. */
  readonly column: number

  /**
   * @param text the text up to `position` at least
   * @param detail what stands there, for the message only
   */
  constructor(problem: JsonProblem, reason: string, text: string, position: number, detail = '') {
    const before = text.slice(0, position)
    const line = countLines(before)
    const column = position - before.lastIndexOf('\n')
    super(`${reason}${detail} at line ${line}, column ${column} (position ${position})`)
    this.problem = problem
    this.reason = reason
    this.position = position
    this.line = line
    this.column = column
  }
}

function countLines(text: string): number {
  let lines = 1
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines++
  return lines
}
