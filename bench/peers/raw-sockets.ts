import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { marshall } from '@aws-sdk/util-dynamodb'
import { generatedBatches } from '../rows/generated-rows.js'
import type { Peer } from './peer.js'

const END_OF_ANSWER = '}'

/** One request, made before; sent again and again over bare sockets: how fast the stand-in is. */
export const rawSockets: Peer = async (setting) => {
  const [items] = generatedBatches(setting.size, 25, 25)
  const requests = (items ?? []).map((item) => ({ PutRequest: { Item: marshall(item) } }))
  const body = JSON.stringify({ RequestItems: { app: requests } })
  const head =
    'POST / HTTP/1.1\r\nhost: stand-in\r\nx-amz-target: DynamoDB_20120810.BatchWriteItem\r\n' +
    `content-length: ${Buffer.byteLength(body)}\r\n\r\n`
  const request = Buffer.from(head + body)
  const url = new URL(setting.endpoint)
  const sockets = await Promise.all(Array.from({ length: setting.concurrency }, () => open(url)))
  return {
    pass: async (rows) => {
      let left = Math.ceil(rows / 25)
      const sent = left * 25
      const next = (): boolean => (left -= 1) >= 0
      await Promise.all(sockets.map((socket) => sendWhile(socket, request, next)))
      return sent
    },
    close: () => {
      for (const socket of sockets) socket.destroy()
      return Promise.resolve()
    },
  }
}

function open({ protocol, hostname: host, port }: URL): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const options = { host, port: Number(port), noDelay: true }
    const opened = () => resolve(socket)
    const socket = protocol === 'https:' ? connectTls(options, opened) : connect(options, opened)
    socket.once('error', reject)
  })
}

function sendWhile(socket: Socket, request: Buffer, next: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const send = (): void => {
      if (next()) socket.write(request)
      else {
        socket.off('data', answered)
        resolve()
      }
    }
    const answered = (chunk: Buffer): void => {
      if (chunk.at(-1) === END_OF_ANSWER.charCodeAt(0)) send()
    }
    socket.on('data', answered)
    send()
  })
}
