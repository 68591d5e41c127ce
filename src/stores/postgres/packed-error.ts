import { HeadraceError, type ErrorCode } from '../../core/errors.js'

/** An error as another thread can be told of it. */
export interface PackedError {
  readonly isHeadrace: boolean
  readonly name: string
  readonly message: string
  readonly stack: string | undefined
  /** Of this package, an SQLSTATE, or of a socket. */
  readonly code: string | undefined
  readonly hint: string | undefined
  readonly cause: PackedError | undefined
  /** What an `AggregateError` is made of. */
  readonly errors: readonly PackedError[]
}

/** Takes along what is known to tell no secrets: errors of URLs hold the whole of them. */
export function packError(error: unknown): PackedError {
  if (!(error instanceof Error)) return packError(new Error(String(error)))
  const { code, hint } = error as { readonly code?: unknown; readonly hint?: unknown }
  return {
    isHeadrace: HeadraceError.is(error),
    name: error.name,
    message: error.message,
    stack: error.stack,
    code: typeof code === 'string' ? code : undefined,
    hint: typeof hint === 'string' ? hint : undefined,
    cause: error.cause === undefined ? undefined : packError(error.cause),
    errors: error instanceof AggregateError ? error.errors.map(packError) : [],
  }
}

export function unpackError(packed: PackedError): Error {
  const { message, stack } = packed
  const cause = packed.cause === undefined ? undefined : unpackError(packed.cause)
  if (packed.isHeadrace) {
    const hint = packed.hint === undefined ? {} : { hint: packed.hint }
    return withStack(
      new HeadraceError(packed.code as ErrorCode, message, { ...hint, cause }),
      stack,
    )
  }
  const options = cause === undefined ? undefined : { cause }
  const error =
    packed.errors.length === 0
      ? new Error(message, options)
      : new AggregateError(packed.errors.map(unpackError), message, options)
  const { name, code, hint } = packed
  const told = {
    name,
    ...(code === undefined ? {} : { code }),
    ...(hint === undefined ? {} : { hint }),
  }
  return withStack(Object.assign(error, told), stack)
}

function withStack<E extends Error>(error: E, stack: string | undefined): E {
  if (stack !== undefined) error.stack = stack
  return error
}
