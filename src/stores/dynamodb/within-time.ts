/** Gives up waiting for `work` after a time, or when aborted; the work itself goes on. */
export async function withinTime<T>(
  work: Promise<T>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<T> {
  signal.throwIfAborted()
  let release = (): void => {}
  const over = new Promise<never>((_, reject) => {
    const abort = (): void => reject(signal.reason)
    const timer = setTimeout(() => reject(new Error(`no answer after ${timeoutMs} ms`)), timeoutMs)
    signal.addEventListener('abort', abort, { once: true })
    release = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
    }
  })
  try {
    return await Promise.race([work, over])
  } finally {
    release()
  }
}
