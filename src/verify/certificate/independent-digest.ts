/**
 * The digest of a table, written a second time: nothing here is shared with what issues
 * certificates, so that a mistake in one does not hide in the other.
 */
import { createHash } from 'node:crypto'
import type { AttributeValue } from '@aws-sdk/client-dynamodb'

export type ReadItem = Readonly<Record<string, AttributeValue>>

/** Adds up items, in any order. */
export class IndependentDigest {
  readonly #key: Buffer
  readonly #ignore: ReadonlySet<string>
  readonly #words: number[] = [0, 0, 0, 0, 0, 0, 0, 0]
  items = 0

  /** @param key as it stands in the key file: its hex digits are hashed as text */
  constructor(key: string, ignore: readonly string[]) {
    this.#key = Buffer.from(key, 'ascii')
    this.#ignore = new Set(ignore)
  }

  add(item: ReadItem): void {
    const kept = Object.entries(item).filter(([name]) => !this.#ignore.has(name))
    const bytes = createHash('sha256').update(this.#key).update(membersText(kept), 'utf8').digest()
    for (let word = 0; word < 8; word += 1) {
      const sum = (this.#words[word] ?? 0) + bytes.readUInt32BE(word * 4)
      this.#words[word] = sum % 2 ** 32
    }
    this.items += 1
  }

  get hex(): string {
    const bytes = Buffer.alloc(32)
    for (const [word, sum] of this.#words.entries()) bytes.writeUInt32BE(sum, word * 4)
    return bytes.toString('hex')
  }
}

function membersText(members: readonly (readonly [string, AttributeValue])[]): string {
  const inOrder = members.toSorted(([a], [b]) => byCodeUnits(a, b))
  const texts = inOrder.map(([name, value]) => `${JSON.stringify(name)}:${valueText(value)}`)
  return `{${texts.join(',')}}`
}

function valueText(value: AttributeValue): string {
  if (value.S !== undefined) return `{"S":${JSON.stringify(value.S)}}`
  if (value.N !== undefined) return `{"N":"${plainNumber(value.N)}"}`
  if (value.B !== undefined) return `{"B":"${base64(value.B)}"}`
  if (value.BOOL !== undefined) return `{"BOOL":${value.BOOL}}`
  if (value.NULL !== undefined) return '{"NULL":true}'
  if (value.SS !== undefined) return setText('SS', value.SS)
  if (value.NS !== undefined) return setText('NS', value.NS.map(plainNumber))
  if (value.BS !== undefined) return setText('BS', value.BS.map(base64))
  if (value.L !== undefined) return `{"L":[${value.L.map(valueText).join(',')}]}`
  if (value.M !== undefined) return `{"M":${membersText(Object.entries(value.M))}}`
  throw new Error(`An attribute has none of DynamoDB's types: ${Object.keys(value).join(', ')}`)
}

function setText(type: string, members: readonly string[]): string {
  return `{"${type}":[${members
    .slice()
    .sort(byCodeUnits)
    .map((member) => JSON.stringify(member))
    .join(',')}]}`
}

/** Plain digits: no exponent, no plus sign, no zeros at the ends, zero without a sign. */
export function plainNumber(text: string): string {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e')
  const [whole = '', fraction = ''] = mantissa.replace(/^[+-]/, '').split('.')
  let digits = BigInt(whole + fraction)
  if (digits === 0n) return '0'
  /** The number is `digits` times ten to this power. */
  let power = Number(exponent) - fraction.length
  for (; digits % 10n === 0n; power += 1) digits /= 10n
  const sign = mantissa.startsWith('-') ? '-' : ''
  if (power >= 0) return `${sign}${digits}${'0'.repeat(power)}`
  const shown = digits.toString().padStart(1 - power, '0')
  return `${sign}${shown.slice(0, power)}.${shown.slice(power)}`
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

function byCodeUnits(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
