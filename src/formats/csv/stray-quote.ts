export interface QuoteRules {
  readonly delimiter: string
  readonly quote: string
  readonly escape: string
}

/**
 * The first cell of a record that goes on behind its closing quote, as `"a"b` does: its index, and
 * where in the text it starts. `undefined` when there is none.
 * @param record text of one whole record, with or without its line end
 */
export function strayQuote(
  record: string,
  rules: QuoteRules,
): { readonly cell: number; readonly start: number } | undefined {
  const text = record.replace(/\r\n$|\n$|\r$/, '')
  for (let start = 0, cell = 0; start <= text.length; cell++) {
    const quoted = text.startsWith(rules.quote, start)
    const end = quoted ? closingQuote(text, start, rules) : text.indexOf(rules.delimiter, start)
    if (end < 0 || end === text.length) return undefined
    if (!text.startsWith(rules.delimiter, end)) return { cell, start }
    start = end + rules.delimiter.length
  }
  return undefined
}

/** Behind the quote that closes the cell which opens at `start`; -1 when none does. */
function closingQuote(text: string, start: number, { quote, escape }: QuoteRules): number {
  const doubled = escape === quote ? quote + quote : undefined
  for (let at = start + quote.length; at < text.length;) {
    if (doubled === undefined && text.startsWith(escape, at)) at += escape.length + 1
    else if (doubled !== undefined && text.startsWith(doubled, at)) at += doubled.length
    else if (text.startsWith(quote, at)) return at + quote.length
    else at++
  }
  return -1
}
