import { createHash } from 'node:crypto'
import { HeadraceError } from '../core/errors.js'
import { checksum, definePipeline, type Pipeline } from '../core/pipeline.js'
import type { Sink, Target } from '../core/sink.js'
import { toDynamodb } from '../sinks/dynamodb/to-dynamodb.js'
import type { DynamodbOptions } from '../sinks/dynamodb/options.js'
import { checkBackup, fromBackup, type CheckedBackup } from '../sources/backup/from-backup.js'
import { resolveInputFiles, type InputFile } from '../stores/files/input-files.js'
import type { RestoreOptions, RestoreResult } from './backup/backup-options.js'
import { checkRestoreOptions } from './backup/check-backup-options.js'
import { lastRun } from './journal.js'
import type { RunOptions } from './options.js'
import { NOTHING_YET } from './progress.js'
import { commandOptions, shellWord } from './resume-command.js'
import { run } from './run.js'
import { StateFolder } from './state-folder.js'

/**
 * Writes what `backup` has read into a table, which is made where it is missing, and compares both.
 * The file is read to its end first: one that is cut off or changed is refused, and nothing is
 * written. A run of its own, `restore-<table>`, which can be resumed.
 * @throws HeadraceError `SOURCE_NOT_FOUND`, `SOURCE_MALFORMED`, `TARGET_NOT_EMPTY` for a table that
 * holds items, unless `force`; and what `run` throws
 */
export async function restore(
  path: string,
  table: string,
  options: RestoreOptions = {},
): Promise<RestoreResult> {
  checkRestoreOptions(path, table, options)
  const { force = false } = options
  const backup = await checked(await inputFile(path), table, options)
  const found = { created: false }
  const pipeline = restorePipeline(backup, table, options, async (target) => {
    found.created = !target.report.exists
    if (target.report.exists && !force) await requireEmpty(target, table, options)
  })
  const flags = `${force ? ' --force' : ''}${commandOptions(options)}`
  const summary = await run(pipeline, {
    ...runOptions(options),
    resumeWith: `headrace restore ${shellWord(path)} ${shellWord(table)} --resume${flags}`,
  })
  return {
    event: 'restore',
    version: 1,
    file: path,
    table,
    status: summary.status,
    items: backup.trailer.items,
    sha256: backup.trailer.sha256,
    created: found.created,
    resume: summary.resume,
    run: summary,
  }
}

/** All but what `run` means otherwise, or does not know. */
function runOptions(options: RestoreOptions): RunOptions {
  const { force: _force, region: _region, endpoint: _endpoint, client: _client, ...rest } = options
  return rest
}

async function inputFile(path: string): Promise<InputFile> {
  const [file] = await resolveInputFiles(path)
  if (file?.kind === 'file') return file
  throw new HeadraceError('SOURCE_REFUSED', 'A backup is read twice, which a pipe cannot be', {
    hint: 'Write it to a file first.',
  })
}

/** A file that is not what was written is found out before anything is written. */
async function checked(
  file: InputFile,
  table: string,
  { signal, abort, onProgress }: RestoreOptions,
): Promise<CheckedBackup> {
  const either = AbortSignal.any([signal, abort].filter((given) => given !== undefined))
  const startedAt = performance.now()
  const taken = (bytes: number): void => {
    onProgress?.({
      ...NOTHING_YET,
      pipeline: restoreName(table),
      runId: '',
      phase: 'opening',
      fraction: file.size === undefined ? undefined : bytes / file.size,
      elapsedMs: performance.now() - startedAt,
    })
  }
  try {
    return await checkBackup(file, either, taken)
  } catch (error) {
    if (!either.aborted) throw error
    throw new HeadraceError('INTERRUPTED', 'Stopped before anything was written', { cause: error })
  }
}

function restorePipeline(
  backup: CheckedBackup,
  table: string,
  { region, endpoint, client, force }: RestoreOptions,
  look: (target: Target) => Promise<void>,
): Pipeline {
  const access = Object.entries({ region, endpoint, client }).filter(([, value]) => value)
  const given = { ...backup.head.definition, table, ...Object.fromEntries(access) }
  const sink = toDynamodb(given as unknown as DynamodbOptions<object>)
  return definePipeline({
    name: restoreName(table),
    flow: fromBackup(backup).to(lookedAt(sink, look)),
    verify: checksum({ scope: force === true ? 'keys' : 'table' }),
  })
}

/** The sink, whose target is looked at before anything else is done with it. */
function lookedAt(sink: Sink<object>, look: (target: Target) => Promise<void>): Sink<object> {
  return {
    ...sink,
    connect: async (context) => {
      const target = await sink.connect(context)
      try {
        await look(target)
        return target
      } catch (error) {
        await target.close()
        throw error
      }
    },
  }
}

/** A restore that goes on finds what it has written itself. */
async function requireEmpty(
  target: Target,
  table: string,
  { resume, stateDir, signal, abort }: RestoreOptions,
): Promise<void> {
  const last =
    resume === true
      ? await lastRun(new StateFolder(stateDir), restoreName(table), target.identity)
      : undefined
  if (last !== undefined && last.status !== 'succeeded') return
  const either = AbortSignal.any([signal, abort].filter((given) => given !== undefined))
  for await (const items of target.scan(0, 1, either)) {
    if (items.length === 0) continue
    throw new HeadraceError('TARGET_NOT_EMPTY', `${target.report.label} holds items`, {
      hint:
        'Restore into another table, go on with --resume, or write over the items of the same ' +
        'keys with --force.',
    })
  }
}

/** Names of tables may be longer than those of pipelines. */
function restoreName(table: string): string {
  const name = `restore-${table}`
  if (name.length <= 100) return name
  const sum = createHash('sha256').update(table).digest('hex')
  return `${name.slice(0, 83)}-${sum.slice(0, 16)}`
}
