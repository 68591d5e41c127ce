import * as http from 'node:http'
import * as https from 'node:https'
import type { SdkClient } from './sdk-requests.js'

/** What of a client's own settings the direct lane carries over. */
export interface DirectSettings {
  /** For TLS: authorities, certificates; as `tls.connect` takes them. */
  readonly tls: Readonly<Record<string, unknown>>
}

/** Why requests cannot go past the SDK. */
export class UnfitForDirect extends Error {
  override readonly name = 'UnfitForDirect'
}

/** Settings of an agent that decide nothing about what is sent, or to whom. */
const AGENT_OPTIONS = new Set([
  'keepAlive',
  'keepAliveMsecs',
  'agentKeepAliveTimeoutBuffer',
  'maxSockets',
  'maxFreeSockets',
  'maxTotalSockets',
  'maxCachedSessions',
  'noDelay',
  'scheduling',
  'timeout',
  'defaultPort',
  'protocol',
])

const TLS_OPTIONS = new Set([
  'ca',
  'cert',
  'checkServerIdentity',
  'ciphers',
  'crl',
  'key',
  'maxVersion',
  'minVersion',
  'passphrase',
  'pfx',
  'rejectUnauthorized',
  'secureContext',
  'servername',
])

interface HandlerConfig {
  readonly httpAgentProvider?: () => Promise<unknown>
  readonly httpAgent?: unknown
  readonly httpsAgent?: unknown
}

/**
 * Looks whether the client sends in the SDK's ordinary way, which the direct lane can stand in for:
 * with no middleware, request handler or agent of somebody's own.
 * @param pristine a client as the SDK makes it
 * @throws UnfitForDirect
 */
export async function directSettings(
  client: SdkClient,
  pristine: SdkClient,
  secure: boolean,
): Promise<DirectSettings> {
  const usual = new Set(pristine.middlewareStack.identify())
  const added = client.middlewareStack.identify().filter((name) => !usual.has(name))
  if (added.length > 0) throw new UnfitForDirect(`the client has middleware added: ${added[0]}`)
  const handler: object = client.config.requestHandler
  const ordinary: object = pristine.config.requestHandler
  const isOrdinary =
    Object.getPrototypeOf(handler) === Object.getPrototypeOf(ordinary) &&
    !Object.hasOwn(handler, 'handle')
  if (!isOrdinary) throw new UnfitForDirect('the client has a request handler of its own')
  return { tls: tlsOptions(await agentOf(handler, secure), secure) }
}

async function agentOf(handler: object, secure: boolean): Promise<unknown> {
  const { configProvider } = handler as { configProvider?: Promise<HandlerConfig | undefined> }
  const config = await configProvider
  return secure ? config?.httpsAgent : (config?.httpAgent ?? (await config?.httpAgentProvider?.()))
}

function tlsOptions(agent: unknown, secure: boolean): DirectSettings['tls'] {
  const ordinary: object = secure ? https.Agent.prototype : http.Agent.prototype
  if (
    typeof agent !== 'object' ||
    agent === null ||
    Object.getPrototypeOf(agent) !== ordinary ||
    Object.hasOwn(agent, 'createConnection')
  ) {
    throw new UnfitForDirect('the client has an agent of its own, such as one for a proxy')
  }
  const tls: Record<string, unknown> = {}
  const { options } = agent as unknown as { readonly options: Readonly<Record<string, unknown>> }
  for (const [name, value] of Object.entries(options)) {
    // Agents note here, too, that they open connections by no path.
    if (AGENT_OPTIONS.has(name) || value === null || value === undefined) continue
    if (!TLS_OPTIONS.has(name)) throw new UnfitForDirect(`the client's agent has set ${name}`)
    tls[name] = value
  }
  return tls
}
