import { HeadraceError, messageOf } from '../../core/errors.js'
import { formatLocation } from '../../core/row-batch.js'
import type { Styles } from '../styles.js'
import { escapeControls, escapeControlsInLines } from '../terminal-text.js'

/** An error for people: what failed, where, what to do next; with `verbose`, how it came to it. */
export function renderError(
  error: unknown,
  pipeline: string | undefined,
  styles: Styles,
  verbose: boolean,
): string[] {
  const known = HeadraceError.is(error)
  const code = known ? ` ${styles.dim(`[${error.code}]`)}` : ''
  const lines = [`${styles.red('error:')} ${escapeControlsInLines(messageOf(error))}${code}`]
  const add = (name: string, value: string | undefined) => {
    if (value !== undefined) lines.push(`  ${styles.dim(`${name}:`)} ${escapeControls(value)}`)
  }
  add('pipeline', pipeline)
  if (known) {
    add('at', error.location === undefined ? undefined : formatLocation(error.location))
    add('key', error.key)
    add('hint', error.hint)
  } else {
    lines.push(`  ${BUG}${verbose ? '' : ' Run the command with --verbose to see the stack.'}`)
  }
  if (!verbose) return lines
  return [...lines, ...stackLines(error).map((line) => styles.dim(line))]
}

const BUG = 'This is not an error Headrace foresees, so it may well be a bug in it.'

/** Stack traces of an error and of what caused it, outermost first. */
function stackLines(error: unknown): string[] {
  const lines: string[] = []
  let label = ''
  for (let current = error, depth = 0; current !== undefined && depth < 8; depth += 1) {
    const stack = current instanceof Error ? (current.stack ?? current.message) : messageOf(current)
    lines.push(...`${label}${stack}`.split('\n').map((line) => `  ${escapeControls(line)}`))
    label = 'caused by '
    current = current instanceof Error ? current.cause : undefined
  }
  return lines
}
