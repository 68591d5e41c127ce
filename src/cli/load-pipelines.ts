import { HeadraceError } from '../core/errors.js'
import { isPipeline, type Pipeline } from '../core/pipeline.js'
import type { Provenance } from '../run/options.js'
import { findPipelineFiles } from './find-pipeline-files.js'
import { importModule, shortPath } from './import-module.js'
import { moduleGraphHash } from './module-graph.js'

export interface LoadedPipeline {
  readonly pipeline: Pipeline
  readonly provenance: Provenance
}

export interface LoadOptions {
  /** What relative paths are relative to. @default the working folder */
  readonly folder?: string
  /** Told of files in a folder that hold no pipeline. */
  readonly onNote?: (note: string) => void
}

/**
 * Loads every pipeline that these files, and the files in these folders, export: the default
 * export and named ones. In the order given; a pipeline exported twice counts once.
 * @throws HeadraceError `PIPELINE_FILE` when a file cannot be loaded, or holds no pipeline
 */
export async function loadPipelines(
  paths: readonly string[],
  options: LoadOptions = {},
): Promise<LoadedPipeline[]> {
  const loaded = new Map<Pipeline, LoadedPipeline>()
  for (const { file, named } of findPipelineFiles(paths, options.folder ?? process.cwd())) {
    const exports = unwrapCommonJs(await importModule(file))
    const pipelines = Object.values(exports).filter(isPipeline)
    if (pipelines.length === 0) {
      if (named) throw notAPipelineFile(file, exports)
      options.onNote?.(`${shortPath(file)} exports no pipeline: skipped`)
      continue
    }
    const provenance = { file, moduleHash: moduleGraphHash(file) }
    for (const pipeline of pipelines) {
      if (!loaded.has(pipeline)) loaded.set(pipeline, { pipeline, provenance })
    }
  }
  if (loaded.size === 0) {
    throw new HeadraceError('PIPELINE_FILE', `No file in ${paths.join(', ')} exports a pipeline`, {
      hint: HINT,
    })
  }
  refuseSameNames([...loaded.values()])
  return [...loaded.values()]
}

const HINT = 'Export what definePipeline() returns: `export default definePipeline({ … })`.'

/** A file that is loaded as CommonJS has all its exports in its default export. */
function unwrapCommonJs(module: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const whole = module['default']
  if (typeof whole !== 'object' || whole === null || isPipeline(whole)) return { ...module }
  const inner = Object.values(whole)
  const wrapped = inner.some(isPipeline) || isModuleObject(whole)
  return wrapped ? { ...(whole as Record<string, unknown>) } : { ...module }
}

function isModuleObject(value: object): boolean {
  return '__esModule' in value
}

function notAPipelineFile(file: string, exports: Readonly<Record<string, unknown>>): HeadraceError {
  const names = Object.entries(exports).map(([name, value]) => `${name} (${describe(value)})`)
  const got = names.length === 0 ? 'it exports nothing' : `it exports ${names.join(', ')}`
  return new HeadraceError(
    'PIPELINE_FILE',
    `${shortPath(file)} is no pipeline file: ${got}; expected at least one pipeline`,
    { hint: hintFor(Object.values(exports)) },
  )
}

function describe(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  const kind = typeof value === 'object' ? (value as { kind?: unknown }).kind : undefined
  if (kind === 'flow') return 'a flow without a sink'
  if (kind === 'route' || kind === 'stage' || kind === 'sink') return `a ${kind}`
  if (value instanceof Promise) return 'a promise'
  if (typeof value === 'object') return 'an object'
  return value === undefined ? 'undefined' : `a ${typeof value}`
}

function hintFor(values: readonly unknown[]): string {
  const kinds = values.map((value) => (value as { kind?: unknown } | null | undefined)?.kind)
  if (kinds.includes('route')) return 'Wrap it: `definePipeline({ name: …, flow: … })`.'
  if (kinds.includes('flow')) return 'End it in `.to(…)`, and wrap it in definePipeline().'
  return HINT
}

function refuseSameNames(loaded: readonly LoadedPipeline[]): void {
  const files = new Map<string, string>()
  for (const { pipeline, provenance } of loaded) {
    const other = files.get(pipeline.name)
    if (other !== undefined) {
      const where = [...new Set([other, provenance.file])].map(shortPath).join(' and ')
      throw new HeadraceError(
        'PIPELINE_INVALID',
        `Two pipelines are named ${pipeline.name} (in ${where}); names must be unique`,
        { pipeline: pipeline.name },
      )
    }
    files.set(pipeline.name, provenance.file)
  }
}
