import { isObject, UnexpectedAnswer } from '../write-response.js'

/** How one statement of a batch ended. */
export type StatementOutcome =
  | { readonly kind: 'done' | 'conflict' | 'later' }
  | { readonly kind: 'refused'; readonly reason: string }

/** Nothing was done, and trying again may help; by the code of the error. */
const LATER = new Set(['ThrottlingError', 'ProvisionedThroughputExceeded', 'TransactionConflict'])

/** What hardly concerns one statement alone, as the exception that other operations throw. */
const EXCEPTIONS: Readonly<Record<string, readonly [name: string, status: number]>> = {
  ResourceNotFound: ['ResourceNotFoundException', 400],
  AccessDenied: ['AccessDeniedException', 400],
  RequestLimitExceeded: ['RequestLimitExceeded', 400],
  InternalServerError: ['InternalServerError', 500],
}

/**
 * How each statement of a BatchExecuteStatement ended, in their order.
 * @throws UnexpectedAnswer; for what concerns more than a statement, an error as the SDK throws it
 */
export function statementOutcomes(json: unknown, statements: number): StatementOutcome[] {
  const responses: unknown = isObject(json) ? json['Responses'] : undefined
  if (!Array.isArray(responses) || responses.length !== statements) throw new UnexpectedAnswer(json)
  return responses.map((response: unknown) => {
    const error = isObject(response) ? response['Error'] : undefined
    if (!isObject(error)) return { kind: 'done' }
    return outcomeOf(String(error['Code']), String(error['Message']))
  })
}

function outcomeOf(code: string, message: string): StatementOutcome {
  const exception = Object.hasOwn(EXCEPTIONS, code) ? EXCEPTIONS[code] : undefined
  if (exception !== undefined) {
    const [name, httpStatusCode] = exception
    throw Object.assign(new Error(message), { name, $metadata: { httpStatusCode } })
  }
  if (LATER.has(code)) return { kind: 'later' }
  if (code === 'DuplicateItem' || code === 'ConditionalCheckFailed') return { kind: 'conflict' }
  return { kind: 'refused', reason: message }
}
