import type { Peer } from '../peers/peer.js'
import type * as Flows from '../peers/flows.js'
import type { PeerCase } from './bench-case.js'

type FlowName = keyof typeof Flows

/** All that a run does, with `headrace` beside what it is compared with. */
export const run =
  (flow: FlowName, verified = false) =>
  async (): Promise<Peer> => {
    const [flows, { running }] = await loaded()
    return running(flows[flow], verified)
  }

/** The source and its stages, and no run around them. */
export const read = (flow: FlowName, parallel: number) => async (): Promise<Peer> => {
  const flows = await import('../peers/flows.js')
  const { reading } = await import('../peers/headrace-parts.js')
  return reading(flows[flow], parallel)
}

const write = (flow: FlowName, digested: boolean) => async (): Promise<Peer> => {
  const flows = await import('../peers/flows.js')
  const { writing } = await import('../peers/headrace-parts.js')
  return writing(flows[flow], digested)
}

const send = (flow: FlowName) => async (): Promise<Peer> => {
  const flows = await import('../peers/flows.js')
  const { sending } = await import('../peers/headrace-parts.js')
  return sending(flows[flow])
}

/** What a run of the flow does, verified as well, and then with less and less of it. */
export function guarantees(flow: FlowName, name: string): PeerCase[] {
  return [
    { name, load: run(flow) },
    { name: `${name}, verified`, load: run(flow, true) },
    { name: `${name}, without checkpoints`, load: write(flow, true) },
    { name: '… nor digest', load: write(flow, false) },
    { name: '… nor key lanes, retries, pace', load: send(flow) },
  ]
}

async function loaded() {
  return Promise.all([import('../peers/flows.js'), import('../peers/headrace.js')])
}
