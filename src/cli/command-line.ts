import type { CommonFlags } from './command.js'

/** Words as one would type them in a shell. */
export function commandLine(words: readonly string[]): string {
  return words.map(quote).join(' ')
}

function quote(word: string): string {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

/** Another command on the same files, store and state folder. */
export function sameCommand(
  command: string,
  files: readonly string[],
  flags: Pick<CommonFlags, 'local' | 'stateDir'>,
  ...more: readonly string[]
): string {
  const local = flags.local === true ? ['--local'] : []
  const stateDir = flags.stateDir === '.headrace' ? [] : ['--state-dir', flags.stateDir]
  return commandLine(['headrace', command, ...files, ...local, ...stateDir, ...more])
}
