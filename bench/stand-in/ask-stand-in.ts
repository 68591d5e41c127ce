import type { Counts, Keeping } from './received.js'

/** Makes the stand-in forget, and says what to keep from now on. */
export async function resetStandIn(endpoint: string, keeping: Keeping): Promise<void> {
  await ask(endpoint, 'Reset', { keeping })
}

/** What the stand-in has received. */
export async function countsOf(endpoint: string): Promise<Counts> {
  return (await ask(endpoint, 'Counts', {})) as Counts
}

async function ask(endpoint: string, operation: string, body: object): Promise<unknown> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { 'x-amz-target': `Bench.${operation}` },
    body: JSON.stringify(body),
  })
  return response.json()
}
