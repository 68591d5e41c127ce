import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { buffer } from 'node:stream/consumers'

/** Called with each request before it is passed on; may have its answer lost, or it refused. */
export type BeforeRequest = (
  operation: string,
  input: Readonly<Record<string, unknown>>,
) => Promise<void | 'lose the answer' | 'refuse'>

/** A server that passes requests on to another one, after something else was done. */
export async function startHookedDynamodb(
  t: Pick<TestContext, 'after'>,
  upstream: string,
  before: BeforeRequest,
): Promise<string> {
  const server = createServer((incoming, outgoing) => {
    const pass = async (): Promise<void> => {
      const body = await buffer(incoming)
      const operation = String(incoming.headers['x-amz-target']).split('.').at(-1) ?? ''
      const wish = await before(operation, JSON.parse(body.toString()) as Record<string, unknown>)
      if (wish === 'refuse') {
        outgoing.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' })
        outgoing.end('{"__type":"com.amazonaws#AccessDeniedException","message":"not now"}')
        return
      }
      const { host: _, ...headers } = incoming.headers
      const onward = request(upstream, { method: 'POST', headers, agent: false }, (answer) => {
        if (wish === 'lose the answer') {
          answer.resume().on('end', () => outgoing.destroy())
          return
        }
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
        answer.pipe(outgoing)
      })
      onward.on('error', () => outgoing.destroy())
      onward.end(body)
    }
    pass().catch(() => outgoing.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
