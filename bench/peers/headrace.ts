import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { checksum, definePipeline, type Pipeline } from '../../src/core/pipeline.js'
import type { Route } from '../../src/core/route.js'
import { run } from '../../src/run/run.js'
import { verify } from '../../src/run/verify.js'
import { resetStandIn } from '../stand-in/ask-stand-in.js'
import type { FlowOf } from './flows.js'
import { nothingToClose, type Peer, type Setting } from './peer.js'

/** A pass is a whole run of a pipeline, with all that a run guarantees. */
export function running(flowOf: FlowOf, verified: boolean): Peer {
  return (setting) =>
    Promise.resolve({
      ...(verified ? { prepare: () => resetStandIn(setting.endpoint, 'items') } : {}),
      pass: async (rows) => {
        const pipeline = pipelineOf(flowOf(setting, rows), verified)
        return inStateFolder(setting, (stateDir) => stores(pipeline, stateDir))
      },
      close: nothingToClose,
    })
}

/** A pass verifies what was stored before. */
export function verifying(flowOf: FlowOf): Peer {
  return (setting) =>
    Promise.resolve({
      prepare: async (rows) => {
        await resetStandIn(setting.endpoint, 'items')
        const pipeline = pipelineOf(flowOf(setting, rows), false)
        await inStateFolder(setting, (stateDir) => stores(pipeline, stateDir))
      },
      pass: (rows) =>
        inStateFolder(setting, async (stateDir) => {
          const pipeline = pipelineOf(flowOf(setting, rows), true)
          const { status, sourceItems, targetItems } = await verify(pipeline, { stateDir })
          if (status !== 'match') throw new Error(`Verification: ${status}`)
          return Math.min(sourceItems, targetItems)
        }),
      close: nothingToClose,
    })
}

function pipelineOf(flow: Route, verified: boolean): Pipeline {
  return definePipeline({ name: 'bench', flow, ...(verified ? { verify: checksum() } : {}) })
}

async function stores(pipeline: Pipeline, stateDir: string): Promise<number> {
  const summary = await run(pipeline, { stateDir })
  const { status, error, verification } = summary
  if (status !== 'succeeded') throw new Error(error?.message ?? status)
  if (pipeline.verify !== undefined && verification.status !== 'match') {
    throw new Error(`Verification: ${verification.status}`)
  }
  return summary.rows.stored
}

async function inStateFolder<T>(
  { folder }: Setting,
  work: (stateDir: string) => Promise<T>,
): Promise<T> {
  const stateDir = await mkdtemp(join(folder, 'state-'))
  try {
    return await work(stateDir)
  } finally {
    await rm(stateDir, { recursive: true, force: true })
  }
}
