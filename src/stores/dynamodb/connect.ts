import type { DynamoDBClient, DynamoDBClientConfig } from '@aws-sdk/client-dynamodb'
import { HeadraceError, messageOf } from '../../core/errors.js'
import { openLanes, type TransportChoice } from './lanes.js'
import type { DynamodbTransport } from './transport.js'
import { withinTime } from './within-time.js'

export interface ConnectOptions {
  /** A client of the caller's own, used as it is and not destroyed. */
  readonly client?: DynamoDBClient | undefined
  readonly region?: string | undefined
  readonly endpoint?: string | undefined
  /** The embedded DynamoDB: region and credentials are then its own, whatever is configured. */
  readonly localEndpoint?: string | undefined
  /** Sockets at most; requests beyond them wait. */
  readonly maxSockets: number
  /** For a whole request, from the first byte sent to the last one received. */
  readonly requestTimeoutMs: number
  /** @default 'sdk' */
  readonly transport?: TransportChoice
  /** Told once when requests sent directly go wrong and the SDK takes over. */
  readonly warn?: (message: string) => void
  readonly signal: AbortSignal
}

export interface DynamodbConnection {
  readonly transport: DynamodbTransport
  readonly region: string
  /** For people: the region, or the endpoint when it is not that of the region, or `local`. */
  readonly label: string
  readonly local: boolean
}

/** The region and key that the embedded DynamoDB is spoken to with; it checks neither. */
export const LOCAL_ACCESS = {
  region: 'local',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
} as const

const CONNECTION_TIMEOUT_MS = 5_000

/**
 * Credentials may come from SSO or an instance role, which ask over the network, or from a process
 * that asks a person.
 */
const CREDENTIALS_TIMEOUT_MS = 30_000

/**
 * Connects as every AWS tool does (environment, shared config, SSO, instance roles), or through a
 * ready client. Region, credentials and address are known when it resolves; no request was sent.
 * @throws HeadraceError `CREDENTIALS` when there are none, `TARGET_UNREACHABLE` without a region,
 *   `PIPELINE_INVALID` when requests are to be sent directly and cannot be
 */
export async function connectDynamodb(options: ConnectOptions): Promise<DynamodbConnection> {
  const given = options.localEndpoint === undefined ? options.client : undefined
  const ownsClient = given === undefined
  const client = given ?? (await createClient(options))
  try {
    const region = await regionOf(client)
    await requireCredentials(client, options.signal)
    const { maxSockets, requestTimeoutMs } = options
    const transport = await openLanes(client, {
      choice: options.transport ?? 'sdk',
      maxSockets,
      connectTimeoutMs: CONNECTION_TIMEOUT_MS,
      requestTimeoutMs,
      credentialsTimeoutMs: CREDENTIALS_TIMEOUT_MS,
      ownsClient,
      warn: options.warn ?? (() => {}),
    })
    const local = options.localEndpoint !== undefined
    const label = local ? 'local' : addressLabel(region, transport.endpoint)
    return { transport, region, label, local }
  } catch (error) {
    if (ownsClient) client.destroy()
    throw error
  }
}

async function createClient(options: ConnectOptions): Promise<DynamoDBClient> {
  const { DynamoDBClient } = await import('@aws-sdk/client-dynamodb')
  const { region, endpoint, localEndpoint, maxSockets, requestTimeoutMs } = options
  const config: DynamoDBClientConfig = {
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(localEndpoint === undefined ? {} : { ...LOCAL_ACCESS, endpoint: localEndpoint }),
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
      httpAgent: { maxSockets },
      httpsAgent: { maxSockets },
    },
  }
  return new DynamoDBClient(config)
}

async function regionOf(client: DynamoDBClient): Promise<string> {
  try {
    return await client.config.region()
  } catch (cause) {
    throw new HeadraceError('TARGET_UNREACHABLE', 'No AWS region is configured for DynamoDB', {
      cause,
      hint: 'Set AWS_REGION, or `region` in ~/.aws/config or in toDynamodb(); or use --local.',
    })
  }
}

async function requireCredentials(client: DynamoDBClient, signal: AbortSignal): Promise<void> {
  try {
    await withinTime(client.config.credentials(), CREDENTIALS_TIMEOUT_MS, signal)
  } catch (cause) {
    signal.throwIfAborted()
    const profile = process.env['AWS_PROFILE']
    const whose = profile === undefined ? '' : ` for profile ${profile}`
    throw new HeadraceError(
      'CREDENTIALS',
      `No AWS credentials could be found${whose}: ${messageOf(cause)}`,
      {
        cause,
        hint:
          'Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run ' +
          '`aws sso login`; or use --local.',
      },
    )
  }
}

/** AWS's own endpoints are named by their region. */
function addressLabel(region: string, endpoint: string): string {
  return /\.(amazonaws\.com|amazonaws\.com\.cn|api\.aws)$/.test(new URL(endpoint).hostname)
    ? region
    : endpoint
}
