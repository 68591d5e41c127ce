import { createReadStream } from 'node:fs'
import { stateFailure } from '../stores/spill/state-file.js'

/** Lines of a UTF-8 file, which end at a line feed only; none where there is no file. */
export async function* fileLines(path: string): AsyncGenerator<string> {
  let rest = ''
  try {
    for await (const chunk of createReadStream(path, { encoding: 'utf8' })) {
      const lines = (rest + (chunk as string)).split('\n')
      rest = lines.pop() as string
      yield* lines
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw stateFailure('read', path, error)
  }
  if (rest !== '') yield rest
}
