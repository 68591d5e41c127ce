import { isAbsent } from '../../core/absent.js'
import { isNumberValue } from '../../core/number-value.js'
import { escapeControls, fitText, padText, textWidth } from '../terminal-text.js'

const DEPTH_MAX = 6

/** A value on one line, for people; texts in quotes, so that `'1'` and `1` can be told apart. */
export function formatValue(value: unknown, depth = 0): string {
  if (typeof value === 'string') return `'${escapeControls(value)}'`
  if (typeof value !== 'object' || value === null) return escapeControls(String(value))
  if (isNumberValue(value)) return value.value
  if (isAbsent(value)) return 'absent'
  if (value instanceof Date) return formatDate(value)
  if (value instanceof Uint8Array) return `<${value.byteLength} bytes>`
  if (depth >= DEPTH_MAX) return '…'
  const inner = (member: unknown) => formatValue(member, depth + 1)
  if (Array.isArray(value)) return `[${value.map(inner).join(', ')}]`
  if (value instanceof Set) return `Set(${[...value].map(inner).join(', ')})`
  const entries = value instanceof Map ? [...value.entries()] : Object.entries(value)
  const members = entries.map(([key, member]) => `${keyText(key, depth)}: ${inner(member)}`)
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`
}

function keyText(key: unknown, depth: number): string {
  return typeof key === 'string' ? escapeControls(key) : formatValue(key, depth + 1)
}

function formatDate(date: Date): string {
  return Number.isNaN(date.getTime()) ? 'Invalid Date' : date.toISOString()
}

/** A row or an item, an attribute a line, of at most `width` columns. */
export function attributeLines(row: unknown, width: number): string[] {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) {
    return [fitText(formatValue(row), width)]
  }
  const attributes = Object.entries(row).filter(([, value]) => value !== undefined)
  const names = attributes.map(([name]) => fitText(escapeControls(name), Math.floor(width / 2)))
  const nameWidth = Math.max(0, ...names.map(textWidth))
  return attributes.map(([, value], index) => {
    const name = padText(names[index] ?? '', nameWidth)
    return fitText(`${name}  ${formatValue(value)}`, width)
  })
}

/** Lines of two texts side by side, `mark` between the first two. */
export function sideBySide(
  left: readonly string[],
  right: readonly string[],
  leftWidth: number,
  mark: string,
): string[] {
  const height = Math.max(left.length, right.length, 1)
  return Array.from({ length: height }, (_, index) => {
    const between = index === 0 ? mark : ' '.repeat(textWidth(mark))
    return `${padText(left[index] ?? '', leftWidth)} ${between} ${right[index] ?? ''}`.trimEnd()
  })
}
