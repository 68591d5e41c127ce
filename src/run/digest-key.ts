import { randomBytes } from 'node:crypto'
import { dirname } from 'node:path'
import { HeadraceError } from '../core/errors.js'
import { makePrivateFolder, readJsonFile, writeJsonFile, type StateFolder } from './state-folder.js'

/**
 * The key of a pipeline's digests: random, made once and kept with the pipeline's state, so that
 * the digests of its runs and shards compare and no one else can craft rows that cancel out.
 */
export async function digestKey(folder: StateFolder, pipeline: string): Promise<string> {
  const path = folder.plan(pipeline)
  const kept = (await readJsonFile(path)) as { digestKey?: unknown } | undefined
  if (kept !== undefined) {
    if (typeof kept.digestKey === 'string' && /^[0-9a-f]{64}$/.test(kept.digestKey)) {
      return kept.digestKey
    }
    throw new HeadraceError('STATE', `${path} does not hold a digest key`, {
      hint: 'Remove the file to make a new one; digests of earlier runs will not compare then.',
    })
  }
  const made = randomBytes(32).toString('hex')
  await makePrivateFolder(dirname(path))
  await writeJsonFile(path, { pipeline, digestKey: made })
  return made
}
