import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { TestContext } from 'node:test'

/** A request as it came over the wire. */
export interface RawRequest {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  readonly socket: Socket
}

/**
 * A server that answers bytes: what an HTTP library would not let go wrong, can go wrong here.
 * @param onData called with each piece of a request, before it is whole
 */
export async function startRawServer(
  t: Pick<TestContext, 'after'>,
  answer: (request: RawRequest) => void,
  onData: (socket: Socket) => void = () => {},
): Promise<{ readonly endpoint: string; readonly requests: readonly RawRequest[] }> {
  const requests: RawRequest[] = []
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    let received: Buffer = Buffer.alloc(0)
    socket.on('data', (bytes) => {
      onData(socket)
      received = Buffer.concat([received, bytes])
      for (;;) {
        const request = parse(received, socket)
        if (request === undefined) return
        received = request.rest
        requests.push(request)
        answer(request)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { endpoint: `http://127.0.0.1:${port}`, requests }
}

/** An answer that is as long as it says, unless told otherwise. */
export function httpAnswer(status: number, body: string, length = Buffer.byteLength(body)): string {
  return (
    `HTTP/1.1 ${status} X\r\ncontent-type: application/x-amz-json-1.0\r\n` +
    `content-length: ${length}\r\n\r\n${body}`
  )
}

function parse(received: Buffer, socket: Socket): (RawRequest & { rest: Buffer }) | undefined {
  const end = received.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const lines = received.subarray(0, end).toString('latin1').split('\r\n').slice(1)
  const headers = Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.indexOf(':')).toLowerCase(),
      line.slice(line.indexOf(':') + 1).trim(),
    ]),
  )
  const bodyEnd = end + 4 + Number(headers['content-length'] ?? 0)
  if (received.length < bodyEnd) return undefined
  return {
    headers,
    body: received.subarray(end + 4, bodyEnd),
    socket,
    rest: received.subarray(bodyEnd),
  }
}
