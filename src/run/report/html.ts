/** Markup that needs no escaping. */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

type Content = Markup | string | number | undefined | readonly Content[]

/** Markup with its values escaped, but for those that are markup; lists are joined. */
export function html(parts: TemplateStringsArray, ...values: Content[]): Markup {
  const text = parts.map(
    (part, index) => part + (index < values.length ? write(values[index]) : ''),
  )
  return new Markup(text.join(''))
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function write(value: Content): string {
  if (value instanceof Markup) return value.text
  if (Array.isArray(value)) return value.map((inner: Content) => write(inner)).join('')
  if (value === undefined) return ''
  return printable(String(value as string | number)).replaceAll(
    /[&<>"']/g,
    (character) => ENTITIES[character] ?? '',
  )
}

/** Control characters of the data, which HTML does not allow, as their pictures. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (character) => {
    const code = character.charCodeAt(0)
    if (character === '\t' || character === '\n' || character === '\r') return character
    if (code < 0x20) return String.fromCharCode(0x2400 + code)
    return code === 0x7f ? '\u2421' : '\ufffd'
  })
}
