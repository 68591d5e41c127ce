import type { Peer } from '../peers/peer.js'
import type { BenchCase } from './bench-case.js'
import { read, run } from './headrace-peers.js'

const loop = (name: keyof Loops) => async (): Promise<Peer> => {
  return (await import('../peers/pure-loops.js'))[name]
}
const pipeline = (name: keyof Pipelines) => async (): Promise<Peer> => {
  return (await import('../peers/pipeline-loops.js'))[name]
}

type Loops = Omit<typeof import('../peers/pure-loops.js'), 'uncheckedText'>
type Pipelines = typeof import('../peers/pipeline-loops.js')

/** What needs neither network nor files: streams, and the guarantees by themselves. */
export const LOOP_CASES: readonly BenchCase[] = [
  {
    name: 'generated-null',
    title: 'generated rows → nothing',
    rows: 1_000_000,
    peers: [
      { name: 'headrace', load: run('generatedToNothing') },
      { name: '… the source alone', load: read('generatedToNothing', 1) },
    ],
  },
  {
    name: 'pipeline',
    title: 'rows made, mapped, encoded and let go of',
    rows: 500_000,
    peers: [
      { name: 'plain loop', load: pipeline('plainPipeline') },
      { name: 'headrace, streams', load: pipeline('streamedPipeline') },
      { name: 'headrace, a run', load: pipeline('runPipeline') },
    ],
  },
  {
    name: 'streams',
    title: 'three functions of a row: in a loop, and as three Transforms over batches of 500',
    rows: 10_000_000,
    peers: [
      { name: 'plain loop', load: loop('plainLoop') },
      { name: 'three hops', load: loop('threeHops') },
    ],
  },
  {
    name: 'guarantees',
    title: 'small items: encoded, and each guarantee by itself on top',
    rows: 300_000,
    peers: [
      { name: 'encoded', load: loop('encodeOnly') },
      { name: 'encoded, not validated', load: loop('encodeUnchecked') },
      { name: 'encoded and digested', load: loop('encodeAndDigest') },
      { name: 'encoded, in key lanes', load: loop('encodeInLanes') },
      { name: 'encoded, at a pace', load: loop('encodeWithPace') },
    ],
  },
]
