import assert from 'node:assert/strict'
import { after } from 'node:test'

/** What would keep the process alive, and is never opened by the test runner itself. */
const OURS = new Set([
  'TCPServerWrap',
  'TCPSocketWrap',
  'TLSWrap',
  'ProcessWrap',
  'FSReqPromise',
  'FSEventWrap',
  'Worker',
  'MessagePort',
])

const PATIENCE_MS = 3_000

/**
 * Fails the test file that calls it, once at its top, when servers, sockets, child processes or
 * workers are left open after its last test.
 */
export function assertNoLeaks(): void {
  const before = count()
  after(async () => {
    const deadline = Date.now() + PATIENCE_MS
    while (leaked(before).length > 0 && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    assert.deepEqual(leaked(before), [], 'left open after the last test')
  })
}

function leaked(before: ReadonlyMap<string, number>): string[] {
  return [...count()].filter(([kind, n]) => n > (before.get(kind) ?? 0)).map(([kind]) => kind)
}

function count(): Map<string, number> {
  const counts = new Map<string, number>()
  for (const kind of process.getActiveResourcesInfo()) {
    if (OURS.has(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  return counts
}
