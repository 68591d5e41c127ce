import { HeadraceError } from '../core/errors.js'
import type { Pipeline } from '../core/pipeline.js'

/**
 * Pipelines so that each stands behind those its `after` names, and otherwise as given.
 * @throws HeadraceError `PIPELINE_INVALID` when `after` names one that is not among them, or
 *   goes round in a circle
 */
export function orderPipelines<T extends { readonly pipeline: Pipeline }>(
  loaded: readonly T[],
): T[] {
  const byName = new Map(loaded.map((entry) => [entry.pipeline.name, entry]))
  const ordered = new Set<T>()
  const visit = (entry: T, path: readonly string[]) => {
    const { name, after } = entry.pipeline
    if (ordered.has(entry)) return
    if (path.includes(name)) throw circle([...path.slice(path.indexOf(name)), name])
    for (const before of after) {
      const required = byName.get(before)
      if (required === undefined) throw unknownName(name, before, [...byName.keys()])
      visit(required, [...path, name])
    }
    ordered.add(entry)
  }
  for (const entry of loaded) visit(entry, [])
  return [...ordered]
}

function circle(names: readonly string[]): HeadraceError {
  return new HeadraceError(
    'PIPELINE_INVALID',
    `\`after\` goes round in a circle: ${names.join(' after ')}`,
    names[0] === undefined ? {} : { pipeline: names[0] },
  )
}

function unknownName(pipeline: string, name: string, names: readonly string[]): HeadraceError {
  return new HeadraceError(
    'PIPELINE_INVALID',
    `Pipeline ${pipeline} comes after ${name}, which is not among those given: ${names.join(', ')}`,
    { pipeline, hint: 'Give the file that defines it as well.' },
  )
}
