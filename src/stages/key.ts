import { HeadraceError } from '../core/errors.js'

/** A text made of columns; for `set`. */
export interface KeyTemplate<out Column extends string = string> {
  readonly kind: 'key'
  /** The texts before, between and behind the columns. */
  readonly texts: readonly string[]
  readonly columns: readonly Column[]
}

/**
 * A text made of columns, such as a key: ``key`USER#${'id'}` ``. Columns are named, and stand for
 * their values as in a template literal: texts, numbers with all their digits, `true` and `false`.
 * A row is rejected where one of them is missing, null, empty, not finite, or of another kind.
 * @throws HeadraceError `PIPELINE_INVALID` unless columns are named
 */
export function key<const Columns extends readonly string[]>(
  texts: TemplateStringsArray,
  ...columns: Columns
): KeyTemplate<Columns[number]> {
  const wrong = columns.find((column) => typeof column !== 'string' || column === '')
  if (Array.isArray(texts) && wrong === undefined)
    return { kind: 'key', texts: [...texts], columns }
  const got = Array.isArray(texts) ? JSON.stringify(wrong) : typeof texts
  throw new HeadraceError('PIPELINE_INVALID', `Expected names of columns in key\`…\`; got ${got}`, {
    hint: "Write key`USER#${'id'}`: the name in quotes, and no parentheses.",
  })
}
