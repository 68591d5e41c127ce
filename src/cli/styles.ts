/** Sets text apart. */
export type Style = (text: string) => string

/** Ways to set text apart; each returns the text as it is where colour is off. */
export interface Styles {
  readonly bold: Style
  readonly dim: Style
  readonly red: Style
  readonly green: Style
  readonly yellow: Style
  readonly cyan: Style
}

/** SGR parameters: on, off. */
const CODES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const

export function createStyles(enabled: boolean): Styles {
  const style = (name: keyof typeof CODES): Style => {
    const [on, off] = CODES[name]
    return (text) => (enabled && text !== '' ? `\u001b[${on}m${text}\u001b[${off}m` : text)
  }
  return {
    bold: style('bold'),
    dim: style('dim'),
    red: style('red'),
    green: style('green'),
    yellow: style('yellow'),
    cyan: style('cyan'),
  }
}

/**
 * Whether to colour what goes to a stream: `FORCE_COLOR` (but `0`) before `NO_COLOR` (when not
 * empty) before whether it is a terminal.
 */
export function wantsColor(isTerminal: boolean, environment: NodeJS.ProcessEnv): boolean {
  const forced = environment['FORCE_COLOR']
  if (forced !== undefined) return forced !== '0' && forced !== 'false'
  if ((environment['NO_COLOR'] ?? '') !== '') return false
  return isTerminal && environment['TERM'] !== 'dumb'
}
