import { setTimeout as delay } from 'node:timers/promises'
import { classifyError } from '../../stores/dynamodb/errors.js'
import type { DynamodbTransport } from '../../stores/dynamodb/transport.js'
import type { ReadPace } from './read-pace.js'

/** Sends each request when the pace allows it, and tells the pace what it cost. */
export function pacedTransport(transport: DynamodbTransport, pace: ReadPace): DynamodbTransport {
  // Pages of a table cost much the same.
  let estimatedUnits = 1
  return {
    endpoint: transport.endpoint,
    close: () => transport.close(),
    send: async (operation, body, signal) => {
      const taken = estimatedUnits
      for (let waitMs = pace.take(taken, performance.now()); waitMs > 0;) {
        await delay(waitMs, undefined, { signal })
        waitMs = pace.take(taken, performance.now())
      }
      let consumed = 0
      try {
        const response = await transport.send(operation, body, signal)
        consumed = consumedUnits(response.json) ?? taken
        estimatedUnits = Math.max(1, consumed)
        return response
      } catch (error) {
        if (classifyError(error).kind === 'throttled') pace.cut(performance.now())
        throw error
      } finally {
        pace.settle(taken, consumed, performance.now())
      }
    },
  }
}

function consumedUnits(json: unknown): number | undefined {
  return (json as { readonly ConsumedCapacity?: { readonly CapacityUnits?: number } })
    .ConsumedCapacity?.CapacityUnits
}
