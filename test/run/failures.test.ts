import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, rmdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { describe, test, type TestContext } from 'node:test'
import { definePipeline, listRuns, map, run, toDynamodb, type RunOptions } from '../../src/index.js'
import { fromArray, type ArraySourceOptions } from '../support/array-source.js'
import { callDynamodb } from '../support/call-dynamodb.js'
import { startFaultyDynamodb } from '../support/faulty-dynamodb/start-faulty-dynamodb.js'
import { assertNoLeaks } from '../support/no-leaks.js'
import { temporaryFolder } from '../support/temporary-folder.js'

assertNoLeaks()
process.env['AWS_ACCESS_KEY_ID'] = 'test'
process.env['AWS_SECRET_ACCESS_KEY'] = 'test'

const rows = Array.from({ length: 5_000 }, (_, n) => ({ pk: `r${n}` }))

async function place(t: TestContext) {
  const server = await startFaultyDynamodb({ latency: { minMs: 5 } })
  t.after(() => server.close())
  const stateDir = join(temporaryFolder(), 'state')
  const pipelineOf = (source: ArraySourceOptions = {}, endpoint = server.endpoint) =>
    definePipeline({
      name: 'failing',
      flow: fromArray(rows, source)
        .pipe(map((row) => row))
        .to(
          toDynamodb({
            table: 'app',
            partitionKey: 'pk',
            region: 'local',
            endpoint,
            create: {},
            concurrency: 2,
            ambiguousGraceMs: 50,
          }),
        ),
    })
  const resume = async () => {
    const summary = await run(pipelineOf(), { stateDir, resume: true, force: true })
    assert.equal(summary.status, 'succeeded')
    assert.equal(summary.rows.stored, rows.length)
  }
  return { server, stateDir, pipelineOf, resume }
}

/** Forwards to `endpoint`, until so many batches have been written; then credentials are expired. */
async function expiring(t: TestContext, endpoint: string, batches: number): Promise<string> {
  let left = batches
  const proxy = createServer((request, response) => {
    void (async () => {
      const body = (await buffer(request)).toString()
      const operation = String(request.headers['x-amz-target']).split('.')[1] ?? ''
      if (operation === 'BatchWriteItem') left -= 1
      const answer =
        left < 0
          ? {
              status: 400,
              body: {
                __type: 'com.amazon.coral.service#ExpiredTokenException',
                message: 'The security token included in the request is expired',
              },
            }
          : await callDynamodb(endpoint, operation, JSON.parse(body) as object)
      response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0' })
      response.end(JSON.stringify(answer.body))
    })()
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  t.after(async () => {
    const closed = new Promise((resolve) => proxy.close(resolve))
    proxy.closeAllConnections()
    await closed
  })
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
}

describe('a run that fails', () => {
  test('for credentials that expire is saved and resumed', async (t) => {
    const here = await place(t)
    const endpoint = await expiring(t, here.server.endpoint, 60)
    const summary = await run(here.pipelineOf({}, endpoint), { stateDir: here.stateDir })
    assert.equal(summary.status, 'failed')
    assert.equal(summary.error?.code, 'CREDENTIALS')
    assert.match(summary.error.message, /expired/i)
    assert.ok(summary.rows.read > 0 && summary.rows.read < rows.length)
    const [listed] = await listRuns(here.stateDir)
    assert.equal(listed?.status, 'failed')
  })

  test('for a state folder that cannot be written keeps its checkpoint', async (t) => {
    const here = await place(t)
    const runs = join(here.stateDir, 'runs')
    let blocked = ''
    const source: ArraySourceOptions = {
      beforeBatch: (at) => {
        if (at !== 2_500) return
        blocked = join(runs, readdirSync(runs)[0] ?? '', 'checkpoint.json.tmp')
        mkdirSync(blocked)
      },
    }
    const summary = await run(here.pipelineOf(source), { stateDir: here.stateDir })
    assert.equal(summary.status, 'failed')
    assert.equal(summary.error?.code, 'STATE')
    assert.match(summary.error.hint ?? '', /free space/)
    rmdirSync(blocked)
    await here.resume()
  })

  test('for a source that throws is saved, and what it threw is told', async (t) => {
    const here = await place(t)
    const thrown = new Error('the disk is gone')
    const source: ArraySourceOptions = {
      beforeBatch: (at) => {
        if (at === 3_000) throw thrown
      },
    }
    await assert.rejects(run(here.pipelineOf(source), { stateDir: here.stateDir }), thrown)
    const [listed] = await listRuns(here.stateDir)
    assert.equal(listed?.status, 'failed')
    // What the streams held of it is read again.
    const { read = 0 } = listed?.rows ?? {}
    assert.ok(read >= 2_000 && read <= 3_000, `${read} rows`)
    await here.resume()
  })
})

describe('a run that is stopped', () => {
  for (const kind of ['signal', 'abort'] as const) {
    test(`by ${kind} does not wait for a source that hangs`, async (t) => {
      const here = await place(t)
      const stop = new AbortController()
      const source: ArraySourceOptions = {
        beforeBatch: (at) => {
          if (at < 1_000) return undefined
          setTimeout(() => stop.abort(), 50)
          return new Promise(() => {})
        },
      }
      const options: RunOptions = { stateDir: here.stateDir, [kind]: stop.signal }
      const summary = await run(here.pipelineOf(source), options)
      assert.equal(summary.status, 'interrupted')
      if (kind === 'signal') assert.equal(summary.rows.read, 1_000)
      await here.resume()
    })

    test(`by a ${kind} that is aborted already writes nothing`, async (t) => {
      const here = await place(t)
      const options: RunOptions = { stateDir: here.stateDir, [kind]: AbortSignal.abort() }
      await assert.rejects(run(here.pipelineOf(), options), { code: 'INTERRUPTED' })
      assert.equal(here.server.log.applied.length, 0)
      await here.resume()
    })
  }
})

describe('with the policy `error`, a run', () => {
  for (const again of [30, 4_000]) {
    test(`stops before the second row of a key is written, ${again} rows later`, async (t) => {
      const here = await place(t)
      const keyed = rows.map((row, n) => (n === 20 + again ? { pk: 'r20', second: true } : row))
      const sink = toDynamodb<{ pk: string }>({
        table: 'app',
        partitionKey: 'pk',
        region: 'local',
        endpoint: here.server.endpoint,
        create: {},
        duplicates: 'error',
      })
      const flow = fromArray(keyed)
        .pipe(map((row) => row))
        .to(sink)
      const summary = await run(definePipeline({ name: 'failing', flow }), {
        stateDir: here.stateDir,
      })
      assert.equal(summary.status, 'failed')
      assert.equal(summary.error?.code, 'DUPLICATE_KEY')
      const written = here.server.log.applied.filter(({ item }) => item['pk']?.['S'] === 'r20')
      assert.equal(written.filter(({ item }) => 'second' in item).length, 0)
      assert.ok(written.length <= 1)
    })
  }
})
