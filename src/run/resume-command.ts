import { relative } from 'node:path'
import type { CommonOptions, RunOptions } from './options.js'
import { STATE_DIR_DEFAULT } from './state-folder.js'

/** The options that name the same pipeline and state again. */
export function commandOptions(options: CommonOptions): string {
  const { local, stateDir } = options
  const words = []
  if (local === true) words.push('--local')
  if (stateDir !== undefined && stateDir !== STATE_DIR_DEFAULT) {
    words.push(`--state-dir ${shellWord(stateDir)}`)
  }
  return words.map((word) => ` ${word}`).join('')
}

/** The command that continues a run; empty for a pipeline that came from no file. */
export function resumeCommand(options: RunOptions): string {
  if (options.resumeWith !== undefined) return options.resumeWith
  if (options.provenance === undefined) return ''
  const file = relative(process.cwd(), options.provenance.file)
  return `headrace run ${shellWord(file)} --resume${commandOptions(options)}`
}

/** The command that undoes a run. */
export function undoCommand(runId: string, stateDir: string | undefined): string {
  return `headrace rollback ${runId}${commandOptions(stateDir === undefined ? {} : { stateDir })}`
}

/** A word as one would type it in a shell. */
export function shellWord(text: string): string {
  return /^[\w./@:+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
