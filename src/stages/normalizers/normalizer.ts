import { HeadraceError } from '../../core/errors.js'

/** Cleans one value: gives it back in its normal form, or throws why that is impossible. */
export interface Normalizer<in I, out O> {
  /** How it was made, such as `text({"case":"lower"}).optional()`: part of the plan. */
  readonly description: string
  /** @throws Error whose message is the reason of the reject; it should not contain the value */
  apply(value: I): O
  /** Loads what it needs; called when a run opens, before the first value. */
  open(): void
  /**
   * Missing values become absent. Missing are `undefined`, `null`, and text that is empty or white
   * space only; for `text()` see its option `empty`.
   */
  optional(): Normalizer<I | null | undefined, O | undefined>
  /** Missing values, as in `optional`, become `value`, which is taken as it is. */
  default(value: O): Normalizer<I | null | undefined, O>
}

/** What normalizers are made of. */
export interface NormalizerDefinition<I, O> {
  readonly description: string
  readonly apply: (value: I) => O
  /** @default empty or white space text, `null`, `undefined` */
  readonly isMissing?: (value: unknown) => boolean
  readonly open?: () => void
}

/**
 * A normalizer of your own. `apply` gives the normal form of a value, or throws an `Error` whose
 * message says why it has none; leave the value itself out of that, the reject file shows it.
 * @param name for the plan
 * @throws HeadraceError `PIPELINE_INVALID` unless given a name and a function
 */
export function normalizer<I, O>(name: string, apply: (value: I) => O): Normalizer<I, O> {
  if (typeof name !== 'string' || name === '' || typeof apply !== 'function') {
    throw new HeadraceError(
      'PIPELINE_INVALID',
      'Expected normalizer() to be given a name and a function',
      { hint: "Write normalizer('upper', (value: string) => value.toUpperCase())." },
    )
  }
  return defineNormalizer({ description: name, apply })
}

export function defineNormalizer<I, O>(definition: NormalizerDefinition<I, O>): Normalizer<I, O> {
  const { description, apply, isMissing = isBlank, open = () => {} } = definition
  const orElse = <D>(suffix: string, value: D): Normalizer<I | null | undefined, O | D> =>
    defineNormalizer<I | null | undefined, O | D>({
      description: `${description}${suffix}`,
      apply: (given) => (isMissing(given) ? value : apply(given as I)),
      isMissing,
      open,
    })
  return {
    description,
    apply,
    open,
    optional: () => orElse('.optional()', undefined),
    default: (value) => orElse(`.default(${literal(value)})`, value),
  }
}

/** How a normalizer was made, as text; options that are not set are left out. */
export function describeCall(name: string, ...args: readonly unknown[]): string {
  const given = args.filter((arg) => arg !== undefined && literal(arg) !== '{}')
  return `${name}(${given.map(literal).join(', ')})`
}

function literal(value: unknown): string {
  const text: unknown = JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'bigint' ? `${part}n` : part,
  )
  return typeof text === 'string' ? text : String(value)
}

function isBlank(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true
  return typeof value === 'string' && value.trim() === ''
}
