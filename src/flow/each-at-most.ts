/**
 * Runs `work` for each value, at most `most` at a time, in order of start. After a failure no more
 * are started; it rejects with the first failure once those under way have ended.
 */
export async function eachAtMost<T>(
  most: number,
  values: readonly T[],
  work: (value: T) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = []
  let next = 0
  const lane = async () => {
    while (next < values.length && failures.length === 0) {
      const value = values[next] as T
      next += 1
      try {
        await work(value)
      } catch (error) {
        failures.push(error)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(most, values.length) }, lane))
  if (failures.length > 0) throw failures[0]
}
