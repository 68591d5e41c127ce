/**
 * How much of a table's write capacity a load uses, and how much of what it sends is throttled, in
 * good and bad circumstances. `node --import tsx bench/pacing.ts [--only=name] [--seconds=12]`
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { definePipeline } from '../src/core/pipeline.js'
import { run } from '../src/run/run.js'
import { toDynamodb } from '../src/sinks/dynamodb/to-dynamodb.js'
import { fromArray } from '../test/support/array-source.js'
import {
  createProvisionedTable,
  ITEM_UNITS,
  scenarios,
  type Item,
  type Scenario,
} from './support/pacing-scenarios.js'
import { startCapacityServer, type Counts } from './support/capacity-server.js'
import { lineChart } from './support/line-chart.js'
import { loadByScript } from './support/plain-script.js'

const TABLE = 'pacing'
const LIMIT = 4_000

interface Result {
  readonly client: string
  readonly utilisation: number
  readonly throttledShare: number
  readonly seconds: number
  readonly samples: readonly Counts[]
}

const option = (name: string) =>
  process.argv.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3)
const seconds = Number(option('seconds') ?? 12)
const only = option('only')
const clients = (option('clients') ?? 'headrace,script 8,script 32').split(',')

for (const scenario of scenarios(seconds)) {
  if (only !== undefined && scenario.name !== only) continue
  const results: Result[] = []
  const moreClients = option('clients') === undefined ? (scenario.moreClients ?? []) : []
  for (const client of [...clients, ...moreClients]) {
    const result = await measure(scenario, client)
    results.push(result)
    process.stdout.write(
      `| ${scenario.name} | ${client} | ${percent(result.utilisation)} | ` +
        `${percent(result.throttledShare)} | ${result.seconds.toFixed(1)} s |\n`,
    )
  }
  if (option('plots') !== 'no') plot(scenario, results)
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

function plot(scenario: Scenario, results: readonly Result[]): void {
  const chart = lineChart({
    title: scenario.title,
    yLabel: 'write units of the table a second',
    limit: (second) => scenario.limitAt(second),
    series: results.map(({ client, samples }) => ({ name: client, points: speeds(samples) })),
  })
  writeFileSync(new URL(`./plots/pacing-${scenario.name}.svg`, import.meta.url), chart)
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
