import { HeadraceError } from '../../core/errors.js'

/**
 * Refuses options that are not there, for those who write without type checks.
 * @throws HeadraceError `PIPELINE_INVALID`
 */
export function refuseUnknownOptions(
  normalizer: string,
  options: object,
  known: readonly string[],
): void {
  const unknown = Object.keys(options).find((name) => !known.includes(name))
  if (unknown === undefined) return
  throw new HeadraceError(
    'PIPELINE_INVALID',
    `${normalizer}() has no option ${JSON.stringify(unknown)}`,
    { hint: known.length === 0 ? 'It has none.' : `It has: ${known.join(', ')}.` },
  )
}

/** @throws HeadraceError `PIPELINE_INVALID` unless the option is left out or one of these */
export function refuseUnless(
  normalizer: string,
  option: string,
  given: unknown,
  choices: readonly unknown[],
): void {
  if (given === undefined || choices.includes(given)) return
  throw new HeadraceError(
    'PIPELINE_INVALID',
    `Expected \`${option}\` of ${normalizer}() to be one of ` +
      `${choices.map((choice) => JSON.stringify(choice)).join(', ')}; got ${JSON.stringify(given)}`,
  )
}
