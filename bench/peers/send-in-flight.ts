/** Sends each of `batches`, so many at once, as an application would with a few loops. */
export async function sendInFlight<T>(
  concurrency: number,
  batches: Iterator<T>,
  send: (batch: T) => Promise<void>,
): Promise<void> {
  const lane = async (): Promise<void> => {
    for (let next = batches.next(); next.done !== true; next = batches.next()) {
      await send(next.value)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, lane))
}
