import { request } from 'node:http'

const PROBE_TIMEOUT_MS = 2_000

/** Whether a DynamoDB-compatible server answers there: each greets a plain GET as healthy. */
export async function answers(endpoint: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = request(endpoint, { agent: false, timeout: PROBE_TIMEOUT_MS }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.on('end', () => resolve(text.startsWith('healthy')))
      response.on('error', () => resolve(false))
    })
    probe.on('timeout', () => probe.destroy(new Error('timed out')))
    probe.on('error', () => resolve(false))
    probe.end()
  })
}
