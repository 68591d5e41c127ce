import { join } from 'node:path'
import { HeadraceError } from '../../../core/errors.js'

/** Where the parts of an undo log lie in the undo folder of a run. */
export const logPath = (folder: string): string => join(folder, 'undo.log.gz')
export const notePath = (folder: string): string => join(folder, 'noted.json')
/** Made of the log while it is worked with. */
export const keysFolder = (folder: string): string => join(folder, 'keys')

/** An undo log that is not what a run of ours left: nothing is done with it. */
export function refusedLog(path: string, why: string): HeadraceError {
  return new HeadraceError('ROLLBACK_REFUSED', `The undo log ${path} ${why}`, {
    hint: 'Put the log back as the run left it; or restore the table from a backup.',
  })
}
