import { createRequire } from 'node:module'
import { HeadraceError } from '../../core/errors.js'
import { requireKnownOptions } from '../../core/known-options.js'
import { defineNormalizer, describeCall } from './normalizer.js'
import type { Normalizer } from './normalizer.js'
import { expected, expectText } from './values.js'

export interface PhoneOptions {
  /** Country of numbers without `+`, such as `'US'`. Without it those are rejected. */
  readonly country?: string
}

type Library = typeof import('libphonenumber-js/min')
type CountryCode = import('libphonenumber-js/min').CountryCode

/**
 * A phone number as `+12133734253` (E.164); numbers with an extension are rejected. Needs the
 * package `libphonenumber-js`, which is loaded when a run opens.
 * @throws HeadraceError `PIPELINE_INVALID` for options that are not there; on open `DRIVER_MISSING`
 *   without the package, `PIPELINE_INVALID` when it does not know the country
 */
export function phone(options: PhoneOptions = {}): Normalizer<string, string> {
  requireKnownOptions('phone()', options, ['country'])
  const { country } = options
  let library: Library | undefined
  const open = (): Library => {
    library ??= loadLibrary()
    if (country !== undefined && !library.isSupportedCountry(country)) {
      throw new HeadraceError(
        'PIPELINE_INVALID',
        `Expected \`country\` of phone() to be a two-letter code; got ${JSON.stringify(country)}`,
      )
    }
    return library
  }
  return defineNormalizer({
    description: describeCall('phone', options),
    open: () => void open(),
    apply: (value: string) => {
      const { parsePhoneNumberFromString } = library ?? open()
      const number = parsePhoneNumberFromString(expectText(value), {
        ...(country === undefined ? {} : { defaultCountry: country as CountryCode }),
        extract: false,
      })
      if (number === undefined || !number.isValid() || number.ext !== undefined) {
        throw expected('a phone number', value)
      }
      return number.number
    },
  })
}

/** Synchronously, since rows are normalized synchronously. */
function loadLibrary(): Library {
  try {
    return createRequire(import.meta.url)('libphonenumber-js/min') as Library
  } catch (cause) {
    throw new HeadraceError('DRIVER_MISSING', 'phone() needs the package libphonenumber-js', {
      hint: 'Install it: npm install libphonenumber-js',
      cause,
    })
  }
}
