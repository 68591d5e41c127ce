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
export function parseCopyLine(line: string): (string | null)[] {
  const values: (string | null)[] = line.split('\t')
  if (!line.includes('\\')) return values
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] as string
    if (!value.includes('\\')) continue
    values[index] = value === '\\N' ? null : unescape(value)
  }
  return values
}

function unescape(text: string): string {
  return text.replaceAll(/\\([\s\S])/g, (_, letter: string) => ESCAPES[letter] ?? letter)
}
