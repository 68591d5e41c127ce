import { PostgresTextError } from './postgres-text-error.js'

/**
 * Splits a composite value as Postgres prints it, `(1,"a ""b""",)`: the texts of its fields, `null`
 * for NULL.
 * @throws PostgresTextError for what is no composite value
 */
export function parseCompositeText(text: string, fieldCount: number): (string | null)[] {
  if (!text.startsWith('(') || !text.endsWith(')')) throw failure()
  const fields: (string | null)[] = []
  if (fieldCount === 0) return fields
  const end = text.length - 1
  let at = 1
  for (;;) {
    const [field, behind] = readField(text, at, end)
    fields.push(field)
    if (behind === end) break
    at = behind + 1
  }
  if (fields.length !== fieldCount) throw failure()
  return fields
}

/** A field from here on, and where it ends: at a comma, or at the bracket. */
function readField(text: string, start: number, end: number): [string | null, number] {
  let value = ''
  let quoted = false
  let inQuotes = false
  let at = start
  for (; at < end; at += 1) {
    const character = text[at] as string
    if (character === '"') {
      if (inQuotes && text[at + 1] === '"') {
        value += '"'
        at += 1
      } else {
        inQuotes = !inQuotes
        quoted = true
      }
    } else if (character === '\\') {
      at += 1
      value += text[at] ?? ''
    } else if (character === ',' && !inQuotes) break
    else value += character
  }
  if (inQuotes) throw failure()
  return [value === '' && !quoted ? null : value, at]
}

function failure(): PostgresTextError {
  return new PostgresTextError('not a composite value as Postgres prints it')
}
