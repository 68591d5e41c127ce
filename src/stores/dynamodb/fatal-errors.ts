import { HeadraceError, type ErrorCode } from '../../core/errors.js'
import { requestOf } from './transport.js'

/** Certificates that do not hold, and peers that do not speak TLS: as true the next time. */
const TLS = /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_|ERR_SSL_|EPROTO$)/

/** Answers that are as true for the next request; by exception name. */
const FATAL: Readonly<Record<string, { code: ErrorCode; what: string; hint: string }>> = {
  ResourceNotFoundException: {
    code: 'TARGET_NOT_FOUND',
    what: 'The table does not exist',
    hint: 'Check the name, region and account; or let the pipeline create it with `create`.',
  },
  UnknownOperationException: {
    code: 'TARGET_REFUSED',
    what: 'This server does not know the operation',
    hint: 'Use DynamoDB itself, or an emulator that has it.',
  },
  AccessDeniedException: {
    code: 'CREDENTIALS',
    what: 'These credentials do not allow it',
    hint: 'Allow the action named above on this table, or use other credentials (AWS_PROFILE).',
  },
  ExpiredTokenException: {
    code: 'CREDENTIALS',
    what: 'The credentials have expired',
    hint: 'Get fresh ones (for SSO: aws sso login) and continue with --resume.',
  },
  RequestExpired: {
    code: 'CREDENTIALS',
    what: 'The request was signed with a time that is too far off',
    hint: "Set this machine's clock.",
  },
  RequestTimeTooSkewed: {
    code: 'CREDENTIALS',
    what: 'The request was signed with a time that is too far off',
    hint: "Set this machine's clock.",
  },
  UnrecognizedClientException: {
    code: 'CREDENTIALS',
    what: 'The access key or session token is not one that this region knows',
    hint: 'Check AWS_ACCESS_KEY_ID, AWS_SESSION_TOKEN, AWS_PROFILE and the region.',
  },
  InvalidClientTokenId: {
    code: 'CREDENTIALS',
    what: 'The access key does not exist',
    hint: 'Check AWS_ACCESS_KEY_ID and AWS_PROFILE.',
  },
  InvalidSignatureException: {
    code: 'CREDENTIALS',
    what: 'The signature is wrong',
    hint: "Check AWS_SECRET_ACCESS_KEY, this machine's clock, and proxies that change requests.",
  },
  SignatureDoesNotMatch: {
    code: 'CREDENTIALS',
    what: 'The signature is wrong',
    hint: "Check AWS_SECRET_ACCESS_KEY, this machine's clock, and proxies that change requests.",
  },
  IncompleteSignatureException: {
    code: 'CREDENTIALS',
    what: 'The signature is incomplete',
    hint: 'Check the credentials for stray characters, and proxies that change requests.',
  },
  MissingAuthenticationTokenException: {
    code: 'CREDENTIALS',
    what: 'The request came without credentials',
    hint: 'Check the credentials, and proxies that change requests.',
  },
  CredentialsProviderError: {
    code: 'CREDENTIALS',
    what: 'No credentials could be found',
    hint: 'Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
  },
  TokenProviderError: {
    code: 'CREDENTIALS',
    what: 'The SSO session is missing or over',
    hint: 'Run `aws sso login`.',
  },
}

/**
 * The error for a failure that the next request would meet as well; `undefined` for others.
 * @param status of the answer; `undefined` when there was none
 */
export function fatalError(
  seen: { readonly code: string; readonly message: string },
  status: number | undefined,
  cause: unknown,
): HeadraceError | undefined {
  if (status === undefined && TLS.test(seen.code)) {
    return new HeadraceError(
      'TARGET_UNREACHABLE',
      `The server behind ${requestOf(cause)} is not trusted: ${seen.code}: ${seen.message}`,
      {
        cause,
        hint: 'Check the endpoint and its scheme; for a private authority set NODE_EXTRA_CA_CERTS.',
      },
    )
  }
  const known = Object.hasOwn(FATAL, seen.code) ? FATAL[seen.code] : undefined
  if (known === undefined) return undefined
  return new HeadraceError(
    known.code,
    `${known.what}: ${requestOf(cause)}: ${seen.code}: ${seen.message}`,
    { cause, hint: known.hint },
  )
}
