const ESCAPES: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}

/**
 * The values of a line that COPY prints in its text format, without its end: the same texts that a
 * SELECT gives; `null` is NULL.
 */
export function parseCopyLine(line: string, columnCount: number): (string | null)[] {
  const values = splitLine(line, columnCount)
  if (!line.includes('\\')) return values
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] as string
    if (!value.includes('\\')) continue
    values[index] = value === '\\N' ? null : unescape(value)
  }
  return values
}

/** As `split` at tabs, in two thirds of its time. */
function splitLine(line: string, columnCount: number): (string | null)[] {
  // oxlint-disable-next-line unicorn/no-new-array -- the quickest that takes a length
  const values = new Array<string | null>(columnCount)
  if (columnCount === 0) return values
  const last = columnCount - 1
  let start = 0
  for (let index = 0; index < last; index += 1) {
    const end = line.indexOf('\t', start)
    values[index] = line.slice(start, end)
    start = end + 1
  }
  values[last] = line.slice(start)
  return values
}

function unescape(text: string): string {
  return text.replaceAll(/\\([\s\S])/g, (_, letter: string) => ESCAPES[letter] ?? letter)
}
