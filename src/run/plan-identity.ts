import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isSecret } from '../core/env.js'
import type { Pipeline } from '../core/pipeline.js'
import type { Json } from '../core/row-batch.js'
import type { Described } from '../core/source.js'
import type { Provenance } from './options.js'

/** What must be the same for one run to continue another: each part named, for the message. */
export type PlanIdentity = Readonly<Record<string, Json>>

/** The version of this package. */
export const VERSION: string = packageVersion()

/**
 * Describes all that decides what a run writes: the code of the pipeline, the options of its
 * connectors and stages (secrets by their names only) and the version.
 */
export function planIdentity(pipeline: Pipeline, provenance: Provenance | undefined): PlanIdentity {
  const { source, stages, sink } = pipeline.flow
  return {
    version: VERSION,
    ...(provenance === undefined
      ? {}
      : { 'pipeline file or a module it imports': provenance.moduleHash }),
    [`source ${source.type}`]: describe(source.options),
    ...Object.fromEntries(
      stages.map(({ type, options }, index) => [`stage ${index + 1} ${type}`, describe(options)]),
    ),
    [`sink ${sink.type}`]: describe(sink.options),
  }
}

export function planHash(identity: PlanIdentity): string {
  return createHash('sha256').update(JSON.stringify(identity)).digest('hex')
}

/** Names the parts in which two identities differ, with both values where these are short. */
export function identityDifferences(
  before: Readonly<Record<string, Json>>,
  after: Readonly<Record<string, Json>>,
): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  const differences: string[] = []
  for (const name of names) {
    const was = before[name]
    const is = after[name]
    if (JSON.stringify(was) === JSON.stringify(is)) continue
    if (isRecord(was) && isRecord(is)) {
      differences.push(...identityDifferences(was, is).map((inner) => `${name}: ${inner}`))
    } else differences.push(`${name} was ${brief(was)}, is ${brief(is)}`)
  }
  return differences
}

function isRecord(value: Json | undefined): value is Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function brief(value: Json | undefined): string {
  if (value === undefined) return 'absent'
  const text = JSON.stringify(value)
  return text.length <= 60 ? text : `${text.slice(0, 59)}…`
}

/** An option's value as JSON: secrets by name, functions by their text. */
function describe(value: Described): Json {
  if (isSecret(value)) return { env: value.variable }
  if (typeof value === 'object' && value !== null) {
    if (Array.isArray(value)) return value.map((element) => describe(element as Described))
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, inner]) => inner !== undefined)
        .map(([name, inner]) => [name, describe(inner)]),
    )
  }
  return value ?? null
}

function packageVersion(): string {
  const manifest = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  ) as { version: string }
  return manifest.version
}
