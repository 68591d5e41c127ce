/**
 * Refusals of a request for how it was signed: nothing of it was done. Where the SDK's own
 * signature passes, ours is wrong; where the credentials ended, fresh ones may pass.
 */
const AUTH_REFUSALS = new Set([
  'ExpiredTokenException',
  'IncompleteSignatureException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'MissingAuthenticationTokenException',
  'RequestExpired',
  'RequestTimeTooSkewed',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
])

export function isAuthRefusal(error: unknown): error is Error {
  return error instanceof Error && AUTH_REFUSALS.has(error.name)
}
