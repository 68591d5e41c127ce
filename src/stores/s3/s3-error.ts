import { HeadraceError, messageOf, type ErrorCode } from '../../core/errors.js'

interface Meaning {
  readonly code: ErrorCode
  readonly hint: string
}

const ALLOW = 'Allow s3:GetObject and s3:ListBucket on it, or use other credentials (AWS_PROFILE).'
const REGION = 'Name its region: `region`, or AWS_REGION.'
const MISSING: Meaning = {
  code: 'SOURCE_NOT_FOUND',
  hint: 'Check bucket, prefix, region and account.',
}
const NO_CREDENTIALS: Meaning = {
  code: 'CREDENTIALS',
  hint: 'Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run `aws sso login`.',
}

/** What S3 refuses with, by exception name. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  NoSuchBucket: MISSING,
  NoSuchKey: MISSING,
  NotFound: MISSING,
  CredentialsProviderError: NO_CREDENTIALS,
  TokenProviderError: NO_CREDENTIALS,
  ExpiredToken: { code: 'CREDENTIALS', hint: 'Get fresh ones, and continue with --resume.' },
  InvalidObjectState: { code: 'SOURCE_REFUSED', hint: 'It is archived: restore it first.' },
  PreconditionFailed: {
    code: 'SOURCE_REFUSED',
    hint: 'It was replaced while it was read: run again when it stays as it is.',
  },
  PermanentRedirect: { code: 'SOURCE_REFUSED', hint: REGION },
  AuthorizationHeaderMalformed: { code: 'SOURCE_REFUSED', hint: REGION },
}

/** The error for what S3, or the way there, failed with. `what` as in `s3://bucket/key`. */
export function s3Error(thrown: unknown, what: string): HeadraceError {
  if (HeadraceError.is(thrown)) return thrown
  const { name, status } = factsOf(thrown)
  const { code, hint } = MEANINGS[name] ?? meaningOf(status)
  return new HeadraceError(code, `${what} cannot be read: ${name}: ${messageOf(thrown)}`, {
    cause: thrown,
    hint,
  })
}

/** True when there is no such object. */
export function isMissing(thrown: unknown): boolean {
  const { name } = factsOf(thrown)
  return name === 'NoSuchKey' || name === 'NotFound'
}

function meaningOf(status: number | undefined): Meaning {
  if (status === 403 || status === 401) return { code: 'CREDENTIALS', hint: ALLOW }
  if (status === 404) return MISSING
  if (status === 301 || status === 307) return { code: 'SOURCE_REFUSED', hint: REGION }
  if (status === undefined || status >= 500) {
    const hint = 'Check the region, the endpoint, and the network between here and there.'
    return { code: 'SOURCE_UNREACHABLE', hint }
  }
  return { code: 'SOURCE_REFUSED', hint: 'Check bucket, prefix, region and credentials.' }
}

function factsOf(thrown: unknown): { readonly name: string; readonly status: number | undefined } {
  const error = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as {
    readonly name?: string
    readonly code?: unknown
    readonly $metadata?: { readonly httpStatusCode?: number }
  }
  const status = error.$metadata?.httpStatusCode
  const socketCode = status === undefined && typeof error.code === 'string' ? error.code : undefined
  return { name: socketCode ?? error.name ?? typeof thrown, status }
}
