import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'

export interface Certificate {
  /** PEM; its own authority. */
  readonly cert: string
  readonly key: string
}

const DAY_MS = 86_400_000
const ECDSA_SHA256 = '2a8648ce3d040302'
const COMMON_NAME = '550403'
const SUBJECT_ALTERNATIVE_NAME = '551d11'
const BASIC_CONSTRAINTS = '551d13'

/** A certificate for 127.0.0.1 and localhost that is valid for two days (RFC 5280, X.690). */
export function selfSignedCertificate(now = new Date()): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const algorithm = sequence(objectId(ECDSA_SHA256))
  const utf8Name = tagged(0x0c, Buffer.from('127.0.0.1'))
  const name = sequence(tagged(0x31, sequence(objectId(COMMON_NAME), utf8Name)))
  const validity = sequence(
    utcTime(new Date(now.getTime() - DAY_MS)),
    utcTime(new Date(now.getTime() + DAY_MS)),
  )
  const names = sequence(
    tagged(0x82, Buffer.from('localhost')),
    tagged(0x87, Buffer.from([127, 0, 0, 1])),
  )
  const extensions = sequence(
    sequence(objectId(SUBJECT_ALTERNATIVE_NAME), tagged(0x04, names)),
    sequence(objectId(BASIC_CONSTRAINTS), tagged(0x04, sequence(tagged(0x01, Buffer.from([255]))))),
  )
  const serial = randomBytes(8)
  serial[0] = ((serial[0] as number) & 0x7f) | 0x40
  const body = sequence(
    tagged(0xa0, tagged(0x02, Buffer.from([2]))),
    tagged(0x02, serial),
    algorithm,
    name,
    validity,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, extensions),
  )
  const signature = sign('sha256', body, privateKey)
  const bits = tagged(0x03, Buffer.concat([Buffer.from([0]), signature]))
  return {
    cert: pem(sequence(body, algorithm, bits)),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

function tagged(tag: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([tag, ...lengthBytes(content.length)]), content])
}

function lengthBytes(length: number): number[] {
  if (length < 0x80) return [length]
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts))
}

function objectId(hex: string): Buffer {
  return tagged(0x06, Buffer.from(hex, 'hex'))
}

/** `YYMMDDHHMMSSZ` */
function utcTime(date: Date): Buffer {
  const digits = date.toISOString().replaceAll(/[-:T]|\.\d+/g, '')
  return tagged(0x17, Buffer.from(digits.slice(2)))
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}
