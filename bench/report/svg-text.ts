/** Text as dark as the page is light: pages show charts as images, which know the reader's choice. */
export const TEXT_STYLE =
  'text{font:12px system-ui,sans-serif;fill:#444}.title{font-size:14px;font-weight:600}' +
  '.source{font-size:10px}@media(prefers-color-scheme:dark){text{fill:#c8c8c8}}'

export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
