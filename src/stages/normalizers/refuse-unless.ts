import { HeadraceError } from '../../core/errors.js'

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
