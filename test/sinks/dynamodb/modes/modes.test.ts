import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test, type TestContext } from 'node:test'
import { absent } from '../../../../src/core/absent.js'
import { asRead } from '../../../../src/core/as-read.js'
import { NumberValue } from '../../../../src/core/number-value.js'
import type { LocalEngine } from '../../../../src/local/engine.js'
import type { RunSummary } from '../../../../src/run/summary.js'
import { createTable } from '../../../support/call-dynamodb.js'
import { startDynamodb } from '../../../support/dynamodb.js'
import { assertNoLeaks } from '../../../support/no-leaks.js'
import { loadItems, putItems, storedItems, TABLE, type Wire } from './load-items.js'

assertNoLeaks()

const ENGINES: readonly LocalEngine[] = ['dynoxide', 'dynalite']

async function start(t: TestContext, engine: LocalEngine, items: readonly Wire[] = []) {
  const { endpoint } = await startDynamodb(t, engine)
  await createTable(endpoint, TABLE, ['pk', 'sk'])
  await putItems(endpoint, items)
  return endpoint
}

function wire(pk: string, attributes: Wire = {}): Wire {
  return { pk: { S: pk }, sk: { S: 's' }, ...attributes }
}

function rejects({ rejectFile }: RunSummary): { reason: string; key: string }[] {
  if (rejectFile === undefined) return []
  const lines = readFileSync(rejectFile, 'utf8').trimEnd().split('\n')
  return lines
    .map((line) => JSON.parse(line) as { reason: string; key: string })
    .map(({ reason, key }) => ({ reason, key }))
}

const keyOf = (pk: string) => `{"pk":{"S":"${pk}"},"sk":{"S":"s"}}`

for (const engine of ENGINES) {
  describe(`modes on ${engine}`, () => {
    test('insert overwrites nothing, and lists what it would have', async (t) => {
      const endpoint = await start(t, engine, [
        wire('same', { n: { N: '1' } }),
        wire('other', { n: { N: '7' } }),
      ])
      const items = [
        { pk: 'new', sk: 's', n: 1n },
        { pk: 'same', sk: 's', n: new NumberValue('1.0') },
        { pk: 'other', sk: 's', n: 1 },
        { pk: 'new', sk: 's', n: 2 },
      ]
      const summary = await loadItems(endpoint, items, { mode: 'insert' })
      assert.equal(summary.status, 'succeeded', JSON.stringify(summary.error))
      const counts = { read: 4, stored: 2, superseded: 1, skipped: 0, rejected: 1 }
      assert.deepEqual(summary.rows, counts)
      assert.deepEqual(rejects(summary), [{ reason: 'exists already', key: keyOf('other') }])
      const table = await storedItems(endpoint)
      assert.deepEqual(table.get('other')?.['n'], { N: '7' })
      assert.deepEqual(table.get('new')?.['n'], { N: '1' })
      assert.equal(summary.verification.status, 'match')
    })

    test('insert stores every kind of value and of name', async (t) => {
      const endpoint = await start(t, engine)
      const odd = { 'a.b': 1, "it's": 2, 'say "hi"': 3, select: 4, ünï: 5, '7': 6 }
      const items = [
        { pk: 'odd', sk: 's', ...odd },
        { pk: 'wide', sk: 's', ...Object.fromEntries(range(900).map((n) => [`name of ${n}`, n])) },
        {
          pk: 'values',
          sk: 's',
          exact: new NumberValue('1234567890.12345678901234567890'),
          set: new Set(['b', 'a']),
          bytes: new Uint8Array([0, 255]),
          nested: { list: [1, null, { deep: true }], '10': 'x', '9': 'y' },
          empty: '',
        },
      ]
      const summary = await loadItems(endpoint, items, { mode: 'insert' })
      assert.equal(summary.rows.stored, 3)
      assert.equal(summary.verification.status, 'match')
      const again = await loadItems(endpoint, items, { mode: 'insert' })
      assert.equal(again.rows.stored, 3)
    })

    test('update sets and removes, touches nothing else, and creates nothing', async (t) => {
      const endpoint = await start(t, engine, [
        wire('a', { price: { S: '12.5' }, old: { S: 'x' }, kept: { SS: ['p', 'q'] } }),
      ])
      const items = [
        { pk: 'a', sk: 's', price: 12.5, old: absent, none: undefined, 'new.one': null },
        { pk: 'missing', sk: 's', price: 1 },
        { pk: 'key only', sk: 's' },
      ]
      const summary = await loadItems(endpoint, items, { mode: 'update' })
      const counts = { read: 3, stored: 1, superseded: 0, skipped: 0, rejected: 2 }
      assert.deepEqual(summary.rows, counts, JSON.stringify(summary))
      assert.deepEqual(rejects(summary), [
        { reason: 'no item to update', key: keyOf('missing') },
        { reason: 'item has only its key: there is nothing to update', key: keyOf('key only') },
      ])
      const table = await storedItems(endpoint)
      assert.deepEqual(
        table.get('a'),
        wire('a', { price: { N: '12.5' }, kept: { SS: ['p', 'q'] }, 'new.one': { NULL: true } }),
      )
      assert.equal(table.size, 1)
      assert.equal(summary.verification.status, 'match')
    })

    test('update of what was read leaves what changed since', async (t) => {
      const endpoint = await start(t, engine, [
        wire('same', { price: { S: '1' }, other: { N: '1' } }),
        wire('touched', { price: { S: '2' }, other: { N: '1' } }),
        wire('aside', { price: { S: '1' }, other: { N: '2' } }),
        wire('done', { price: { N: '1' }, other: { N: '2' } }),
      ])
      const change = (pk: string) => ({
        pk,
        sk: 's',
        price: 1,
        note: absent,
        [asRead]: { pk, sk: 's', price: '1', other: 1 },
      })
      const items = ['same', 'touched', 'aside', 'done', 'gone'].map(change)
      const touched = await loadItems(endpoint, items, { mode: 'update', ifUnchanged: 'touched' })
      assert.deepEqual(rejects(touched), [
        { reason: 'changed since it was read', key: keyOf('touched') },
        { reason: 'no item to update', key: keyOf('gone') },
      ])
      assert.deepEqual((await storedItems(endpoint)).get('touched')?.['price'], { S: '2' })
      await putItems(endpoint, [wire('aside', { price: { S: '1' }, other: { N: '2' } })])
      const all = await loadItems(endpoint, items, { mode: 'update', ifUnchanged: 'all' })
      assert.deepEqual(
        rejects(all).map(({ key }) => key),
        ['touched', 'aside', 'gone'].map(keyOf),
      )
    })

    test('delete deletes by key, whatever else an item holds', async (t) => {
      const endpoint = await start(
        t,
        engine,
        range(60).map((n) => wire(`key ${n}`)),
      )
      const items = range(70)
        .slice(30)
        .map((n) => ({ pk: `key ${n}`, sk: 's', more: [new Date()] }))
      const summary = await loadItems(endpoint, items, { mode: 'delete' })
      assert.equal(summary.rows.stored, 40)
      assert.equal((await storedItems(endpoint)).size, 30)
      assert.equal(summary.verification.status, 'match')
    })
  })
}

function range(length: number): number[] {
  return Array.from({ length }, (_, n) => n)
}
