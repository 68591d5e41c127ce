#!/usr/bin/env node
/**
 * Checks a verification certificate against the table as it is now, with nothing but Node and the
 * AWS SDK: whether it was issued with this digest key and is unchanged, and whether the table still
 * holds what it says.
 */
import { createHash, createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { DynamoDBClient, ScanCommand, type ScanCommandInput } from '@aws-sdk/client-dynamodb'
import { IndependentDigest } from './independent-digest.js'

const USAGE = `node check.js <certificate.json> [--state-dir .headrace] [--key <file>]

Region, credentials and endpoint are found as every AWS tool finds them. Exits with 0 when the
certificate holds, 2 when it does not, 1 when that cannot be told, 4 for words it does not know.
`
const SEGMENTS = 4

/** What is used of a certificate; `seal` is over all of it. */
interface Claims {
  readonly certificate: string
  readonly version: number
  readonly pipeline: string
  readonly status: string
  readonly scope: string
  readonly ignore: readonly string[]
  readonly target: { readonly table: string; readonly at: string }
  readonly items: { readonly target: number }
  readonly digest: { readonly keyId: string; readonly target: string }
  readonly seal: string
}

/** The certificate does not hold, or the table is no longer what it says. */
class Broken extends Error {}

async function main(argv: readonly string[]): Promise<number> {
  const asked = readWords(argv)
  if (asked === undefined || asked.help) {
    process.stdout.write(USAGE)
    return asked === undefined ? 4 : 0
  }
  const { file, stateDir, key: keyPath } = asked
  try {
    const certificate = JSON.parse(readFileSync(file, 'utf8')) as Claims
    const keyFile = keyPath ?? join(stateDir, 'plans', `${certificate.pipeline}.json`)
    const key = (JSON.parse(readFileSync(keyFile, 'utf8')) as { digestKey: string }).digestKey
    checkSeal(certificate, key)
    const { table, at } = certificate.target
    process.stdout.write(`unchanged since it was issued; reading table ${table} (${at}) …\n`)
    await checkTable(certificate, key)
    const { items, digest, status } = certificate
    process.stdout.write(
      `holds: ${items.target} items, digest ${digest.target}; when it was issued, source and ` +
        `target were found to ${status}\n`,
    )
    return 0
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`)
    return error instanceof Broken ? 2 : 1
  }
}

/** What the words ask for; `undefined` when that cannot be told. */
function readWords(argv: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        'state-dir': { type: 'string', default: '.headrace' },
        key: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    })
    const { help, key, 'state-dir': stateDir } = values
    const [file = ''] = positionals
    return help || positionals.length === 1 ? { help, key, stateDir, file } : undefined
  } catch {
    return undefined
  }
}

function checkSeal(certificate: Claims, key: string): void {
  const { seal, ...sealed } = certificate
  if (sealed.certificate !== 'headrace-verification' || sealed.version !== 1) {
    throw new Error('This is no certificate of a verification, or one of a later version.')
  }
  const keyId = createHash('sha256').update(`headrace digest key ${key}`).digest('hex')
  if (sealed.digest.keyId !== keyId.slice(0, 16)) {
    throw new Error('It was issued with another digest key: name the right one with --key.')
  }
  const text = sealedText(sealed)
  const expected = createHmac('sha256', key).update(`headrace certificate 1\n${text}`).digest('hex')
  if (seal !== expected) throw new Broken('The certificate was changed after it was issued.')
}

/** JSON without white space, the names of every object in order of their code units. */
function sealedText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(sealedText).join(',')}]`
  const member = (name: string) =>
    `${JSON.stringify(name)}:${sealedText(value[name as keyof typeof value])}`
  return `{${Object.keys(value).sort().map(member).join(',')}}`
}

async function checkTable(certificate: Claims, key: string): Promise<void> {
  if (certificate.scope !== 'table') {
    throw new Error(
      'It is about some keys of the table only, which cannot be told without the source. ' +
        'Run `headrace verify` instead.',
    )
  }
  const digest = new IndependentDigest(key, certificate.ignore)
  const client = new DynamoDBClient({})
  try {
    const segments = Array.from({ length: SEGMENTS }, (_, segment) => segment)
    await Promise.all(
      segments.map((Segment) =>
        addSegment(client, digest, {
          TableName: certificate.target.table,
          ConsistentRead: true,
          Segment,
          TotalSegments: SEGMENTS,
        }),
      ),
    )
  } finally {
    client.destroy()
  }
  const { items, digest: claimed } = certificate
  if (digest.items === items.target && digest.hex === claimed.target) return
  throw new Broken(
    `The table is not what the certificate says: ${digest.items} items with digest ${digest.hex} ` +
      `are there, and ${items.target} with digest ${claimed.target} were.`,
  )
}

async function addSegment(
  client: DynamoDBClient,
  digest: IndependentDigest,
  segment: ScanCommandInput,
): Promise<void> {
  let after: ScanCommandInput['ExclusiveStartKey']
  do {
    const page = await client.send(new ScanCommand({ ...segment, ExclusiveStartKey: after }))
    for (const item of page.Items ?? []) digest.add(item)
    after = page.LastEvaluatedKey
  } while (after !== undefined)
}

// The SDK warns of a Node.js version that this package supports.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true'
process.exitCode = await main(process.argv.slice(2))
