import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { definePipeline } from '../../src/core/pipeline.js'
import { run } from '../../src/run/run.js'
import { toDynamodb } from '../../src/sinks/dynamodb/to-dynamodb.js'
import { fromArray } from '../../test/support/array-source.js'
import type { Study } from '../cases/bench-case.js'
import { lineChart } from '../report/line-chart.js'
import { startCapacityServer, type Counts } from './pacing/capacity-server.js'
import {
  createProvisionedTable,
  ITEM_UNITS,
  scenarios,
  type Item,
  type Scenario,
} from './pacing/pacing-scenarios.js'
import { loadByScript } from './pacing/plain-script.js'

const TABLE = 'pacing'
const LIMIT = 4_000
/** How long a load takes at best. */
const SECONDS = 12
const QUICK_SECONDS = 0.2
const CLIENTS = ['headrace', 'script 8', 'script 32']

interface Result {
  readonly client: string
  readonly utilisation: number
  readonly throttledShare: number
  readonly seconds: number
  readonly samples: readonly Counts[]
}

/**
 * How much of a table's write capacity a load uses, and how much of what it sends is throttled, in
 * good and bad circumstances.
 */
export const pacing: Study = async ({ quick, plots, machine, tell }) => {
  const rows: string[][] = []
  const all = scenarios(quick ? QUICK_SECONDS : SECONDS)
  for (const scenario of quick ? all.slice(0, 1) : all) {
    const results: Result[] = []
    for (const client of [...CLIENTS, ...(scenario.moreClients ?? [])]) {
      tell(`${scenario.name}, ${client}`)
      const result = await measure(scenario, client)
      rows.push([
        results.length === 0 ? scenario.title : '',
        nameOf(client),
        percent(result.utilisation),
        percent(result.throttledShare),
        `${result.seconds.toFixed(1)} s`,
      ])
      results.push(result)
    }
    if (plots !== undefined) plot(scenario, results, plots, machine)
  }
  return { head: ['circumstances', 'client', 'utilisation', 'turned away', 'time'], rows }
}

function nameOf(client: string): string {
  const [kind, number] = client.split(' ')
  if (number === undefined) return client
  return kind === 'script' ? `script, ${number} in flight` : `headrace, \`spreadItems\` ${number}`
}

async function measure(scenario: Scenario, client: string): Promise<Result> {
  const server = await startCapacityServer({
    tableUnits: LIMIT,
    partitions: scenario.partitions,
    ...(scenario.indexUnits === undefined ? {} : { indexUnits: scenario.indexUnits }),
  })
  const stateDir = mkdtempSync(join(tmpdir(), 'headrace-bench-'))
  try {
    const items = scenario.items()
    await createProvisionedTable(server.endpoint, TABLE, LIMIT, scenario.indexUnits)
    const change = scenario.change
    const startedAt = Date.now()
    const timer =
      change && setTimeout(() => server.setLimits(change.limits), change.afterSeconds * 1000)
    const [kind, number] = client.split(' ')
    if (kind === 'script') await loadByScript(server.endpoint, TABLE, items, Number(number))
    else await loadByHeadrace(server.endpoint, items, stateDir, Number(number ?? 10_000))
    clearTimeout(timer)
    await new Promise((resolve) => setTimeout(resolve, 250))
    return resultOf(scenario, client, items.length, server.samples, startedAt)
  } finally {
    rmSync(stateDir, { recursive: true })
    await server.close()
  }
}

async function loadByHeadrace(
  endpoint: string,
  items: readonly Item[],
  stateDir: string,
  spreadItems: number,
): Promise<void> {
  const client = new DynamoDBClient({
    endpoint,
    region: 'local',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  })
  const flow = fromArray(items, { batchRows: 250 }).to(
    toDynamodb({ table: TABLE, partitionKey: 'pk', sortKey: 'sk', client, spreadItems }),
  )
  const limits = { rewrites: spreadItems }
  const summary = await run(definePipeline({ name: 'pacing', flow, limits }), { stateDir })
  client.destroy()
  if (summary.status !== 'succeeded') throw new Error(JSON.stringify(summary.error))
}

function resultOf(
  scenario: Scenario,
  client: string,
  items: number,
  samples: readonly Counts[],
  startedAt: number,
): Result {
  const last = samples.at(-1)
  if (last?.applied !== items) throw new Error(`${last?.applied} of ${items} items were written`)
  const from = samples.findLast(({ applied }) => applied === 0)?.at ?? startedAt
  const to = samples.find(({ applied }) => applied === items)?.at ?? last.at
  const possible = scenario.possible(from - startedAt, to - startedAt)
  return {
    client,
    utilisation: (items * ITEM_UNITS) / possible,
    throttledShare: last.throttled / (last.throttled + last.applied),
    seconds: (to - from) / 1000,
    samples: samples.filter(({ at }) => at >= from && at <= to),
  }
}

function plot(
  scenario: Scenario,
  results: readonly Result[],
  folder: string,
  machine: string,
): void {
  const chart = lineChart({
    title: scenario.title,
    yLabel: 'write units of the table a second',
    source: machine,
    limit: (second) => scenario.limitAt(second),
    series: results.map(({ client, samples }) => ({ name: client, points: speeds(samples) })),
  })
  writeFileSync(join(folder, `pacing-${scenario.name}.svg`), chart)
}

function speeds(samples: readonly Counts[]): { x: number; y: number }[] {
  const first = samples[0]?.at ?? 0
  const WINDOW = 10
  return samples.flatMap((sample, index) => {
    const before = samples[index - WINDOW]
    if (before === undefined) return []
    const items = sample.applied - before.applied
    const y = ((items * ITEM_UNITS) / (sample.at - before.at)) * 1000
    return [{ x: (sample.at - first) / 1000, y }]
  })
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}
