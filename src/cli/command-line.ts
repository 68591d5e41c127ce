import { commandOptions, shellWord } from '../run/resume-command.js'
import type { CommonFlags } from './command.js'

/** Another command on the same files, store and state folder, to type in a shell. */
export function sameCommand(
  command: string,
  files: readonly string[],
  { local, stateDir }: CommonFlags,
): string {
  const options = commandOptions({ ...(local === true ? { local } : {}), stateDir })
  return `headrace ${command} ${files.map(shellWord).join(' ')}${options}`
}
