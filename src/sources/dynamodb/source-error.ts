import { HeadraceError, type ErrorCode } from '../../core/errors.js'

/** What the store's errors, which speak of a target, are called where it is read from. */
const CODES: Readonly<Partial<Record<ErrorCode, ErrorCode>>> = {
  TARGET_NOT_FOUND: 'SOURCE_NOT_FOUND',
  TARGET_UNREACHABLE: 'SOURCE_UNREACHABLE',
  TARGET_REFUSED: 'SOURCE_REFUSED',
  TARGET_STALLED: 'SOURCE_REFUSED',
}

const HINTS: Readonly<Partial<Record<ErrorCode, string>>> = {
  TARGET_NOT_FOUND: 'Check the name, the region and the account.',
  TARGET_STALLED: 'Raise the read capacity of the table, or lower `maxReadUnits`.',
}

/** The same failure, as one of a source; other errors as they are. */
export function sourceError(error: unknown): unknown {
  if (!HeadraceError.is(error)) return error
  const code = CODES[error.code]
  if (code === undefined) return error
  const hint = HINTS[error.code] ?? error.hint?.replace('toDynamodb()', 'fromDynamodb()')
  const { message, cause } = error
  return new HeadraceError(code, message, hint === undefined ? { cause } : { cause, hint })
}
