import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import {
  absent,
  allDone,
  definePipeline,
  migrate,
  NumberValue,
  reject,
  run,
  toDynamodb,
  verify,
  type MigrateOptions,
} from '../../../src/index.js'
import { mustCallDynamodb } from '../../support/call-dynamodb.js'
import { startDynamodb } from '../../support/dynamodb.js'
import { allItems, fillTable, putItems } from '../../support/filled-table.js'
import { startHookedDynamodb, type BeforeRequest } from '../../support/hooked-dynamodb.js'
import { assertNoLeaks } from '../../support/no-leaks.js'
import { temporaryFolder } from '../../support/temporary-folder.js'

assertNoLeaks()
process.env['AWS_ACCESS_KEY_ID'] = 'test'
process.env['AWS_SECRET_ACCESS_KEY'] = 'test'

interface Product {
  readonly pk: string
  readonly price?: string | number | NumberValue
  readonly first?: string
  readonly last?: string
  readonly name?: string
  readonly active?: boolean
}

const DEFINITION = {
  TableName: 'products',
  BillingMode: 'PAY_PER_REQUEST',
  AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
}

const priced = {
  done: (item) => typeof item.price !== 'string',
  change: ({ price }) =>
    /^\d+(\.\d+)?$/.test(String(price))
      ? { price: new NumberValue(String(price)) }
      : reject('price is no number', { column: 'price', value: price }),
} satisfies Pick<MigrateOptions<Product>, 'done' | 'change'>

const oldItems = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    pk: { S: `p${index}` },
    price: { S: `${index}.50` },
    hits: { N: '0' },
  }))

async function withTable(t: TestContext, items: readonly object[], before?: BeforeRequest) {
  const { endpoint: upstream } = await startDynamodb(t, 'dynoxide')
  await fillTable(upstream, DEFINITION, items)
  const endpoint = before === undefined ? upstream : await startHookedDynamodb(t, upstream, before)
  const stateDir = temporaryFolder()
  const pipelineOf = (
    rules: Pick<MigrateOptions<Product>, 'done' | 'change' | 'ifUnchanged'>,
    rejects = 0,
  ) =>
    definePipeline({
      name: 'products',
      flow: migrate<Product>({
        table: 'products',
        partitionKey: 'pk',
        endpoint,
        region: 'local',
        ...rules,
      }),
      verify: allDone(),
      limits: { rejects },
    })
  return { upstream, stateDir, pipelineOf }
}

type Attributes = Readonly<Record<string, Readonly<Record<string, string>>>>

describe('migrate', () => {
  test('changes what is not done, says when all is, and then does nothing', async (t) => {
    const done = { pk: { S: 'new' }, price: { N: '7' } }
    const { upstream, stateDir, pipelineOf } = await withTable(t, [...oldItems(60), done])
    const first = await run(pipelineOf(priced), { stateDir })
    assert.equal(first.error, undefined)
    assert.deepEqual(first.rows, {
      read: 61,
      stored: 60,
      superseded: 0,
      skipped: 1,
      rejected: 0,
    })
    assert.deepEqual(first.skippedByReason, { done: 1 })
    assert.equal(first.verification.status, 'match')
    assert.equal(first.verification.sourceItems, 61)
    const items = (await allItems(upstream, 'products')) as Attributes[]
    assert.equal(items.find(({ pk }) => pk?.['S'] === 'p3')?.['price']?.['N'], '3.5')
    const again = await run(pipelineOf(priced), { stateDir })
    assert.equal(again.rows.skipped, 61)
    assert.equal(again.rows.stored, 0)
    assert.equal(again.writeUnits, 0)
    assert.equal(again.verification.status, 'match')
  })

  test('sets defaults where they are missing, renames, merges and splits', async (t) => {
    const { upstream, stateDir, pipelineOf } = await withTable(t, [
      { pk: { S: 'a' }, first: { S: 'Ada' }, last: { S: 'Lovelace' } },
      { pk: { S: 'b' }, name: { S: 'Alan Turing' }, active: { BOOL: false } },
    ])
    const merged = await run(
      pipelineOf({
        done: (item) => item.name !== undefined && item.active !== undefined,
        change: ({ first, last, name, active }) => ({
          name: name ?? `${first} ${last}`,
          first: absent,
          last: absent,
          active: active ?? true,
        }),
      }),
      { stateDir },
    )
    assert.equal(merged.verification.status, 'match')
    assert.deepEqual(await allItems(upstream, 'products'), [
      { active: { BOOL: true }, name: { S: 'Ada Lovelace' }, pk: { S: 'a' } },
      { active: { BOOL: false }, name: { S: 'Alan Turing' }, pk: { S: 'b' } },
    ])
    const split = await run(
      pipelineOf({
        done: ({ name }) => name === undefined,
        change: ({ name = '' }) => {
          const [first, last] = name.split(' ')
          return { first, last, name: absent }
        },
      }),
      { stateDir },
    )
    assert.equal(split.verification.status, 'match')
    assert.deepEqual((await allItems(upstream, 'products'))[1], {
      active: { BOOL: false },
      first: { S: 'Alan' },
      last: { S: 'Turing' },
      pk: { S: 'b' },
    })
  })

  test('lists what cannot be changed, by its key', async (t) => {
    const bad = ['x', 'y'].map((pk) => ({ pk: { S: pk }, price: { S: 'free' } }))
    const { stateDir, pipelineOf } = await withTable(t, [...oldItems(30), ...bad])
    const summary = await run(pipelineOf(priced, 5), { stateDir })
    assert.deepEqual(summary.rejectedByReason, { 'price is no number': 2 })
    assert.equal(summary.verification.status, 'differ')
    const found = await verify(pipelineOf(priced, 5), { stateDir })
    assert.equal(found.status, 'differ')
    assert.equal(found.different, 2)
    assert.equal(found.sourceItems, 32)
    assert.deepEqual(found.examples.map(({ key }) => key).sort(), [
      '{"pk":{"S":"x"}}',
      '{"pk":{"S":"y"}}',
    ])
    const file = join(stateDir, 'runs', summary.runId, 'differences.jsonl')
    assert.equal(readFileSync(file, 'utf8').trimEnd().split('\n').length, 2)
  })

  test('rejects a change that does not make an item done, or gives it another key', async (t) => {
    const { stateDir, pipelineOf } = await withTable(t, oldItems(2))
    const rules = {
      done: () => false,
      change: ({ pk }: Product) => (pk === 'p0' ? { pk: 'other' } : { price: 1 }),
    }
    const summary = await run(pipelineOf(rules, 2), { stateDir })
    assert.deepEqual(summary.rejectedByReason, {
      'its change gives it another key': 1,
      'is not done by its change': 1,
    })
  })

  test('refuses options that are wrong, before anything is opened', () => {
    const rules = { table: 'products', partitionKey: 'pk' as const, ...priced }
    const wrong = [
      { ...rules, dome: 1 },
      { ...rules, done: true },
      { ...rules, table: '' },
    ]
    for (const options of wrong) {
      assert.throws(() => migrate<Product>(options as never), { code: 'PIPELINE_INVALID' })
    }
    const blind = { table: 'products', partitionKey: 'pk', mode: 'update', onConflict: () => {} }
    assert.throws(() => toDynamodb(blind as never), {
      code: 'PIPELINE_INVALID',
      message: /onConflict.*ifUnchanged/,
    })
  })
})

describe('migrate beside writers', () => {
  test('makes a change anew of what somebody else wrote in between', async (t) => {
    const table: { upstream?: string } = {}
    const touched = new Set<string>()
    // Just before the first update of each item, another writer changes the price.
    const { upstream, stateDir, pipelineOf } = await withTable(
      t,
      oldItems(20),
      async (operation, input) => {
        const pk = (input['Key'] as Attributes | undefined)?.['pk']?.['S'] ?? ''
        if (operation !== 'UpdateItem' || touched.has(pk)) return
        touched.add(pk)
        const Item = { pk: { S: pk }, price: { S: '99.5' }, mine: { S: 'kept' } }
        if (pk === 'p7') {
          await mustCallDynamodb(table.upstream ?? '', 'DeleteItem', {
            TableName: 'products',
            Key: { pk: { S: pk } },
          })
        } else await putItems(table.upstream ?? '', 'products', [Item])
      },
    ).then((made) => {
      table.upstream = made.upstream
      return made
    })
    const summary = await run(pipelineOf(priced), { stateDir })
    assert.equal(summary.error, undefined)
    assert.equal(summary.rows.stored, 20)
    assert.equal(summary.verification.status, 'match')
    assert.equal(summary.verification.sourceItems, 19)
    for (const item of (await allItems(upstream, 'products')) as Attributes[]) {
      assert.deepEqual(
        { ...item, pk: undefined },
        {
          pk: undefined,
          mine: { S: 'kept' },
          price: { N: '99.5' },
        },
      )
    }
  })

  test('gives up on an item that changes every time, lists it, and finishes later', async (t) => {
    const table = { upstream: '', writes: 0, quiet: false }
    const { upstream, stateDir, pipelineOf } = await withTable(
      t,
      oldItems(10),
      async (operation, input) => {
        const pk = (input['Key'] as Attributes | undefined)?.['pk']?.['S']
        if (operation !== 'UpdateItem' || pk !== 'p4' || table.quiet) return
        table.writes += 1
        await mustCallDynamodb(table.upstream, 'UpdateItem', {
          TableName: 'products',
          Key: { pk: { S: 'p4' } },
          UpdateExpression: 'ADD hits :one',
          ExpressionAttributeValues: { ':one': { N: '1' } },
        })
      },
    )
    table.upstream = upstream
    const first = await run(pipelineOf(priced, 1), { stateDir })
    assert.deepEqual(first.rejectedByReason, { 'changed since it was read': 1 })
    assert.equal(first.rows.stored, 9)
    assert.equal(first.verification.status, 'differ')
    const found = await verify(pipelineOf(priced, 1), { stateDir })
    assert.deepEqual(found.examples, [
      { kind: 'different', key: '{"pk":{"S":"p4"}}', attributes: ['price'] },
    ])
    table.quiet = true
    const second = await run(pipelineOf(priced, 1), { stateDir })
    assert.equal(second.rows.stored, 1)
    assert.equal(second.rows.skipped, 9)
    assert.equal(second.verification.status, 'match')
    const third = await run(pipelineOf(priced, 1), { stateDir })
    assert.equal(third.rows.stored, 0)
    assert.equal(third.writeUnits, 0)
    const item = (await allItems(upstream, 'products'))[4] as Attributes
    assert.equal(item['hits']?.['N'], String(table.writes))
  })

  test('loses no write of one who changes items all along', async (t) => {
    const { upstream, stateDir, pipelineOf } = await withTable(t, oldItems(300))
    const written = new Map<string, number>()
    const over = new AbortController()
    const writing = (async () => {
      for (let at = 0; !over.signal.aborted; at += 1) {
        const pk = `p${(at * 7) % 300}`
        await mustCallDynamodb(upstream, 'UpdateItem', {
          TableName: 'products',
          Key: { pk: { S: pk } },
          UpdateExpression: 'ADD hits :one',
          ExpressionAttributeValues: { ':one': { N: '1' } },
        })
        written.set(pk, (written.get(pk) ?? 0) + 1)
      }
    })()
    try {
      let status = ''
      // Each run does what is left; without a writer, the second would do the rest.
      for (let pass = 0; pass < 5 && status !== 'match'; pass += 1) {
        const summary = await run(pipelineOf(priced, 300), { stateDir })
        assert.equal(summary.status, 'succeeded')
        status = summary.verification.status
      }
    } finally {
      over.abort()
      await writing
    }
    const last = await run(pipelineOf(priced), { stateDir })
    assert.equal(last.verification.status, 'match')
    const items = (await allItems(upstream, 'products')) as Attributes[]
    assert.equal(items.length, 300)
    for (const { pk, hits, price } of items) {
      const name = pk?.['S'] ?? ''
      assert.equal(hits?.['N'], String(written.get(name) ?? 0), name)
      assert.equal(price?.['N'], String(Number(`${name.slice(1)}.5`)))
    }
  })

  test('takes an update of which no answer came for what it is: done', async (t) => {
    let lost = 0
    const { upstream, stateDir, pipelineOf } = await withTable(t, oldItems(9), (operation) => {
      if (operation !== 'UpdateItem' || lost === 3) return Promise.resolve()
      lost += 1
      return Promise.resolve('lose the answer')
    })
    const summary = await run(pipelineOf(priced), { stateDir })
    assert.equal(lost, 3)
    assert.equal(summary.error, undefined)
    assert.equal(summary.rows.stored, 9)
    assert.equal(summary.verification.status, 'match')
    assert.equal((await allItems(upstream, 'products')).length, 9)
  })

  test('goes on where it was stopped', async (t) => {
    const stop = new AbortController()
    let updates = 0
    const { upstream, stateDir, pipelineOf } = await withTable(t, oldItems(400), (operation) => {
      if (operation === 'UpdateItem' && ++updates === 50) stop.abort()
      return Promise.resolve()
    })
    await run(pipelineOf(priced), { stateDir, signal: stop.signal, verify: false })
    const summary = await run(pipelineOf(priced), { stateDir, resume: true })
    assert.equal(summary.status, 'succeeded')
    assert.equal(summary.verification.status, 'match')
    assert.equal(summary.verification.sourceItems, 400)
    const items = (await allItems(upstream, 'products')) as Attributes[]
    assert.ok(items.every(({ price }) => price?.['N'] !== undefined))
  })
})
