import { HeadraceError, messageOf } from '../../core/errors.js'
import { formatLocation } from '../../core/row-batch.js'
import type { Styles } from '../styles.js'
import { escapeControls, escapeControlsInLines } from '../terminal-text.js'

/** An error for people: what failed, where, what to do next; with `verbose`, how it came to it. */
export function renderError(error: unknown, styles: Styles, verbose: boolean): string[] {
  const lines = HeadraceError.is(error)
    ? renderOwn(error, styles)
    : renderBug(error, styles, verbose)
  if (!verbose) return lines
  return [...lines, ...stackLines(error).map((line) => styles.dim(line))]
}

function renderOwn(error: HeadraceError, styles: Styles): string[] {
  const lines = [
    `${styles.red('error:')} ${escapeControlsInLines(error.message)} ${styles.dim(`[${error.code}]`)}`,
  ]
  const add = (name: string, value: string | undefined) => {
    if (value !== undefined) lines.push(`  ${styles.dim(`${name}:`)} ${escapeControls(value)}`)
  }
  add('pipeline', error.pipeline)
  add('at', error.location === undefined ? undefined : formatLocation(error.location))
  add('key', error.key)
  add('hint', error.hint)
  return lines
}

function renderBug(error: unknown, styles: Styles, verbose: boolean): string[] {
  const what = `${styles.red('error:')} ${escapeControlsInLines(messageOf(error))}`
  const hint = 'This is not an error Headrace foresees, so it may well be a bug in it.'
  const next = verbose ? '' : ' Run the command with --verbose to see where it comes from.'
  return [what, `  ${hint}${next}`]
}

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
