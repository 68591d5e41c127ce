import { SignatureV4 } from '@smithy/signature-v4'
import assert from 'node:assert/strict'
import { createHash, createHmac, type BinaryLike } from 'node:crypto'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import {
  amzDate,
  canonicalValue,
  RequestSigner,
  sha256,
  type SignableRequest,
} from '../../../src/stores/dynamodb/sigv4.js'

/**
 * AWS's own examples: the "AWS Signature Version 4 test suite" (aws-sig-v4-test-suite.zip, linked
 * from the AWS General Reference), with the keys and the time that it states.
 */
const KEYS = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
}
const TIME = '20150830T123600Z'
const HOST = ['host', 'example.amazonaws.com'] as const
const DATE = ['x-amz-date', TIME] as const

interface Vector {
  readonly name: string
  readonly method?: string
  readonly query?: string
  readonly headers?: SignableRequest['headers']
  readonly body?: string
  readonly service?: string
  readonly signature: string
}

const TOKEN =
  'AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPf' +
  'IeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7' +
  'WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm' +
  '8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=='

const VECTORS: readonly Vector[] = [
  {
    name: 'get-vanilla',
    signature: '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  },
  {
    name: 'post-vanilla',
    method: 'POST',
    signature: '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
  },
  {
    name: 'get-vanilla-query-order-key-case',
    query: 'Param1=value1&Param2=value2',
    signature: 'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
  },
  {
    name: 'get-header-value-trim',
    headers: [HOST, ['my-header1', ' value1'], ['my-header2', ' "a   b   c"'], DATE],
    signature: 'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
  },
  {
    name: 'post-header-key-sort',
    method: 'POST',
    headers: [HOST, ['my-header1', 'value1'], DATE],
    signature: 'c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c',
  },
  {
    name: 'post-x-www-form-urlencoded',
    method: 'POST',
    headers: [['content-type', 'application/x-www-form-urlencoded'], HOST, DATE],
    body: 'Param1=value1',
    signature: 'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
  },
  {
    name: 'post-sts-header-before',
    method: 'POST',
    headers: [HOST, DATE, ['x-amz-security-token', TOKEN]],
    signature: '85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead',
  },
  {
    name: 'ListUsers, the worked example of the IAM user guide',
    query: 'Action=ListUsers&Version=2010-05-08',
    headers: [
      ['content-type', 'application/x-www-form-urlencoded; charset=utf-8'],
      ['host', 'iam.amazonaws.com'],
      DATE,
    ],
    service: 'iam',
    signature: '5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
  },
]

describe('signatures', () => {
  for (const vector of VECTORS) {
    test(`of AWS’s ${vector.name}`, () => {
      const { method = 'GET', query = '', body = '' } = vector
      const headers = canonical(vector.headers ?? [HOST, DATE])
      const service = vector.service ?? 'service'
      const signer = new RequestSigner(KEYS, { region: 'us-east-1', service })
      assert.equal(
        signer.authorize({ method, path: '/', query, headers }, sha256(body), TIME),
        `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/${service}/aws4_request, ` +
          `SignedHeaders=${headers.map(([name]) => name).join(';')}, ` +
          `Signature=${vector.signature}`,
      )
    })
  }

  test('are those of the SDK, for any body, time, key and token', async () => {
    const text = fc.string({ minLength: 1, maxLength: 40 }).map((given) => `k${given.trim()}`)
    const plain = fc.stringMatching(/^[\w./+=-]{1,60}$/)
    const time = fc
      .date({ min: new Date('2000-01-01'), max: new Date('2099-12-31'), noInvalidDate: true })
      .map((date) => date.getTime())
    await fc.assert(
      fc.asyncProperty(
        fc.record({ accessKeyId: plain, secretAccessKey: text }),
        fc.option(plain, { nil: undefined }),
        fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.uint8Array({ maxLength: 300 })),
        fc.array(time, { minLength: 1, maxLength: 4 }),
        fc.constantFrom('eu-west-1', 'cn-north-1', 'local'),
        fc.stringMatching(/^[ -~]{0,30}$/),
        async (keys, token, body, times, region, header) => {
          const ours = new RequestSigner(keys, { region, service: 'dynamodb' })
          const theirs = new SignatureV4({
            service: 'dynamodb',
            region,
            credentials: { ...keys, ...(token === undefined ? {} : { sessionToken: token }) },
            sha256: Hash,
          })
          // One signer of ours for all, over days, as its key is kept for the day.
          for (const epochMs of times) {
            const signed = await theirs.sign(requestOf(body, header), {
              signingDate: new Date(epochMs),
            })
            const { authorization, ...given } = signed.headers
            const headers = canonical(Object.entries(given)).toSorted(([a], [b]) =>
              a < b ? -1 : 1,
            )
            assert.equal(given['x-amz-date'], amzDate(epochMs))
            const request = { method: 'POST', path: '/', query: '', headers }
            assert.equal(ours.authorize(request, sha256(body), amzDate(epochMs)), authorization)
          }
        },
      ),
      { numRuns: 200 },
    )
  })
})

function canonical(headers: readonly (readonly [string, string])[]): [string, string][] {
  return headers.map(([name, value]) => [name, canonicalValue(value)])
}

/** A request in the shape that the SDK's signer takes. */
function requestOf(body: string | Uint8Array, header: string): Parameters<SignatureV4['sign']>[0] {
  const headers = {
    host: 'dynamodb.eu-west-1.amazonaws.com',
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': 'DynamoDB_20120810.BatchWriteItem',
    'x-amz-user-agent': header,
  }
  const request = { method: 'POST', protocol: 'https:', hostname: headers.host, path: '/' }
  return { ...request, query: {}, headers, body } as unknown as Parameters<SignatureV4['sign']>[0]
}

/** SHA-256, with a key or without, as the SDK wants it. */
class Hash {
  readonly #hash: { update(data: BinaryLike): unknown; digest(): Buffer }

  constructor(key?: unknown) {
    this.#hash =
      key === undefined ? createHash('sha256') : createHmac('sha256', key as string | Uint8Array)
  }

  update(data: unknown): void {
    this.#hash.update(data as BinaryLike)
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array(this.#hash.digest()))
  }

  reset(): void {}
}
