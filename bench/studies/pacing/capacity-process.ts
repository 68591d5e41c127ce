/** A DynamoDB with capacity limits in a process of its own, told what to do by its parent. */
import { startFaultyDynamodb } from '../../../test/support/faulty-dynamodb/start-faulty-dynamodb.js'
import type { CapacityOptions } from '../../../test/support/faulty-dynamodb/capacity-model.js'
import type { ToParent, ToServer } from './capacity-server.js'

const options = JSON.parse(process.argv[2] ?? '{}') as CapacityOptions
const dynamodb = await startFaultyDynamodb({
  capacity: options,
  latency: { minMs: 3, meanMs: 2 },
})

// The parent may have gone a moment ago.
const tell = (message: ToParent) => process.send?.(message, undefined, {}, () => undefined)

process.on('message', ({ setLimits }: ToServer) => {
  dynamodb.capacity?.setLimits(setLimits, performance.now())
})
process.on('disconnect', () => process.exit())

setInterval(() => {
  // The bench needs counts only, and long runs would fill the memory.
  dynamodb.log.applied.length = 0
  tell({
    counts: {
      at: Date.now(),
      applied: dynamodb.items.applied,
      throttled: dynamodb.items.throttled,
      units:
        (dynamodb.capacity?.taken.tableUnits ?? 0) + (dynamodb.capacity?.taken.indexUnits ?? 0),
    },
  })
}, 100)
tell({ endpoint: dynamodb.endpoint })
