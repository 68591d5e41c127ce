import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { SHARE_ENV, Worker, type WorkerOptions } from 'node:worker_threads'

/** It holds no rows, only where they are. */
const HEAP_MB_MAX = 64
const YOUNG_HEAP_MB_MAX = 4

/** Starts a thread that reads; it is ready for requests. @throws what keeps it from starting */
export async function startThread(): Promise<Worker> {
  const worker = makeWorker()
  try {
    await new Promise<void>((resolve, reject) => {
      // The first message says that it is ready.
      worker.once('message', () => resolve())
      worker.once('error', reject)
      worker.once('exit', () => reject(new Error('it ended at once')))
    })
  } catch (error) {
    await worker.terminate()
    throw error
  }
  return worker
}

function makeWorker(): Worker {
  const options: WorkerOptions = {
    name: 'headrace reader',
    // As for a connection here, settings such as PGPASSWORD are those of now.
    env: SHARE_ENV,
    resourceLimits: {
      maxOldGenerationSizeMb: HEAP_MB_MAX,
      maxYoungGenerationSizeMb: YOUNG_HEAP_MB_MAX,
    },
    // Those of the process may be meant for its own file.
    execArgv: [],
  }
  const compiled = new URL('./reader-thread.js', import.meta.url)
  if (import.meta.url.endsWith('.js')) return new Worker(compiled, options)
  // Read from its sources: loaders of modules are not handed on to threads by all versions of Node.
  const file = JSON.stringify(fileURLToPath(compiled).replace(/\.js$/, '.ts'))
  const loader = JSON.stringify(createRequire(import.meta.url).resolve('tsx/cjs/api'))
  const code = `require(${loader}).register(); require(${file})`
  return new Worker(code, { ...options, eval: true })
}
