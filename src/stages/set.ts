import { HeadraceError } from '../core/errors.js'
import { isNumberValue, type NumberValue } from '../core/number-value.js'
import type { Making, Projection } from '../core/projection.js'
import type { Described } from '../core/source.js'
import type { Stage } from '../core/stage.js'
import { defineStage } from './define-stage.js'
import type { KeyTemplate } from './key.js'
import { refuseUnknownColumns } from './known-columns.js'
import { columnsWith } from './made-columns.js'

/** What a column may be set to: a text made of columns, or the same value in all rows. */
export type SetValue = KeyTemplate | NumberValue | string | number | bigint | boolean | null

/** The row with these columns set. */
export type WithSet<Row, Values> = Flat<
  { [C in keyof Row as C extends keyof Values ? never : C]: Row[C] } & {
    -readonly [C in keyof Values]: Values[C] extends KeyTemplate ? string : Values[C]
  }
>

type Flat<T> = { [C in keyof T]: T[C] }

/** Templates name columns of the row; any, where nothing is known of it. */
type KnownColumns<Row, Values> = {
  readonly [C in keyof Values]: Values[C] extends KeyTemplate<infer Name>
    ? [Name] extends [[keyof Row] extends [never] ? string : keyof Row]
      ? Values[C]
      : KeyTemplate<keyof Row & string>
    : Values[C]
}

/**
 * Sets columns: to a text made of others, ``set({ pk: key`USER#${'id'}` })``, or to a value that is
 * the same in all rows, `set({ sk: 'PROFILE', version: 1 })`. A column that is there is replaced in
 * its place; templates see what it was before. A row without a value for a template is rejected,
 * with the column.
 * @throws HeadraceError `PIPELINE_INVALID` unless given values, and templates of `key`
 */
export function set<Row extends object, const Values extends Readonly<Record<string, SetValue>>>(
  values: Values & KnownColumns<Row, Values>,
): Stage<Row, WithSet<Row, Values>> {
  const entries = checkedValues(values)
  const names = entries.map(([name]) => name)
  return defineStage<Row, WithSet<Row, Values>>({
    type: 'set',
    options: Object.fromEntries(entries.map(([name, value]) => [name, describeSet(value)])),
    columns: (before) => {
      const used = entries.flatMap(([, value]) => (isTemplate(value) ? value.columns : []))
      refuseUnknownColumns('set', used, before)
      return before && columnsWith(names, before).map(({ name }) => name)
    },
    operator: { kind: 'columns', open: () => (before) => setting(entries, before) },
  })
}

type Entry = readonly [name: string, value: SetValue]

function checkedValues(values: object): readonly Entry[] {
  const entries = Object.entries((values ?? {}) as Readonly<Record<string, SetValue>>)
  const wrong = entries.find(([, value]) => !isSetValue(value))
  if (entries.length > 0 && wrong === undefined) return entries
  const got = wrong === undefined ? 'none' : `${typeof wrong[1]} for ${JSON.stringify(wrong[0])}`
  throw new HeadraceError(
    'PIPELINE_INVALID',
    `Expected set() to be given texts, numbers, booleans, null or key\`…\`; got ${got}`,
    { hint: "Write set({ pk: key`USER#${'id'}`, sk: 'PROFILE' }); other values are for map()." },
  )
}

function isSetValue(value: unknown): boolean {
  if (value === null || isNumberValue(value) || isTemplate(value)) return true
  return ['string', 'number', 'bigint', 'boolean'].includes(typeof value)
}

function isTemplate(value: unknown): value is KeyTemplate {
  return typeof value === 'object' && (value as { kind?: unknown } | null)?.kind === 'key'
}

/** As the plan prints it, and the plan hash covers it. */
function describeSet(value: SetValue): Described {
  if (!isTemplate(value)) return typeof value === 'bigint' ? `${value}n` : plain(value)
  const { texts, columns } = value
  const parts = texts.map((text, index) => {
    const column = columns[index]
    return text + (column === undefined ? '' : `\${${JSON.stringify(column)}}`)
  })
  return `key\`${parts.join('')}\``
}

function plain(value: NumberValue | string | number | boolean | null): Described {
  if (isNumberValue(value)) return `NumberValue(${value.value})`
  // A text that looks like a template is none.
  return typeof value === 'string' ? JSON.stringify(value) : value
}

function setting(entries: readonly Entry[], before: readonly string[]): Projection {
  const makes = entries.map(([, value]): Making => {
    if (!isTemplate(value)) return { kind: 'constant', value }
    const { texts, columns } = value
    const parts = columns.map((column, index) => {
      const place = before.indexOf(column)
      return { before: texts[index] ?? '', column, of: place === -1 ? undefined : place }
    })
    return { kind: 'text', parts, end: texts.at(-1) ?? '' }
  })
  const names = entries.map(([name]) => name)
  return { makes, columns: columnsWith(names, before) }
}
