import assert from 'node:assert/strict'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import * as fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { rollback, run } from '../../src/index.js'
import { callDynamodb, mustCallDynamodb } from '../support/call-dynamodb.js'
import { assertNoLeaks } from '../support/no-leaks.js'
import { TABLE, undoPlace, type UndoPlace, type UndoRow } from '../support/undo-place.js'

assertNoLeaks()

const KEYS = 24

/** What another writer does to an item. */
type Change = 'add' | 'change' | 'replace' | 'delete'

const change = fc.constantFrom<Change>('add', 'change', 'replace', 'delete')
const scenario = fc.record({
  before: fc.uniqueArray(fc.integer({ min: 0, max: KEYS - 1 }), { maxLength: KEYS }),
  /** Between the run and its rollback. */
  since: fc.dictionary(fc.integer({ min: 0, max: KEYS - 1 }).map(String), change, { maxKeys: 6 }),
  /** After the rollback has read a key, just before it writes it. */
  meanwhile: fc.dictionary(fc.integer({ min: 0, max: KEYS - 1 }).map(String), change, {
    maxKeys: 12,
  }),
})

async function carryOut({ endpoint }: UndoPlace, key: string, what: Change): Promise<void> {
  const Key = { pk: { S: `key ${key}` } }
  const target = { TableName: TABLE, Key }
  const names = { '#a': what === 'add' ? 'added by another' : 'n' }
  if (what === 'delete') await mustCallDynamodb(endpoint, 'DeleteItem', target)
  else if (what === 'replace') {
    const Item = { ...Key, whole: { S: 'of another' } }
    await mustCallDynamodb(endpoint, 'PutItem', { TableName: TABLE, Item })
  } else {
    // Makes an item where there is none.
    const { status } = await callDynamodb(endpoint, 'UpdateItem', {
      ...target,
      UpdateExpression: 'SET #a = :v',
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: { ':v': { S: 'another' } },
    })
    assert.equal(status, 200)
  }
}

interface Sent {
  readonly request: { readonly body: unknown }
  readonly input: { readonly operation: string }
}

/** A client that lets another writer go first, once for each key. */
function yielding(
  place: UndoPlace,
  meanwhile: Readonly<Record<string, Change>>,
  done: Map<string, string | undefined>,
): DynamoDBClient {
  const client = new DynamoDBClient({
    endpoint: place.endpoint,
    region: 'local',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  })
  client.middlewareStack.add(
    (next) => async (given) => {
      const { request, input } = given as unknown as Sent
      const [, key = ''] = /"pk":\{"S":"key (\d+)"\}/.exec(String(request.body)) ?? []
      const what = meanwhile[key]
      const writes = input.operation === 'PutItem' || input.operation === 'DeleteItem'
      if (writes && what !== undefined && !done.has(`key ${key}`)) {
        await carryOut(place, key, what)
        done.set(`key ${key}`, (await place.items()).get(`key ${key}`))
      }
      return next(given)
    },
    { step: 'finalizeRequest', priority: 'high', name: 'yielding' },
  )
  return client
}

describe('rolling back beside another writer', () => {
  test('loses nothing that it wrote, and lists it', async (t) => {
    const place = await undoPlace(t)
    const { stateDir } = place
    const rows: UndoRow[] = Array.from({ length: KEYS }, (_, n) => ({ pk: `key ${n}`, n }))
    let yielded = 0
    await fc.assert(
      fc.asyncProperty(scenario, async ({ before, since, meanwhile }) => {
        for (const pk of (await place.items()).keys()) await place.remove(pk)
        for (const key of before) await place.put({ pk: { S: `key ${key}` }, old: { BOOL: true } })
        const atFirst = await place.items()
        const { runId } = await run(place.pipeline(rows), { stateDir, undoLog: true })
        const loaded = await place.items()
        for (const [key, what] of Object.entries(since)) await carryOut(place, key, what)
        const others = new Map<string, string | undefined>()
        const changed = await place.items()
        for (const key of loaded.keys()) {
          if (changed.get(key) !== loaded.get(key)) others.set(key, changed.get(key))
        }
        const client = yielding(place, meanwhile, others)
        const known = others.size
        const result = await rollback(runId, { stateDir, client })
        client.destroy()
        yielded += others.size - known
        const after = await place.items()
        const expected = new Map(atFirst)
        for (const [key, text] of others) {
          if (text === undefined) expected.delete(key)
          else expected.set(key, text)
        }
        assert.deepEqual(after, expected)
        // What another writer made as it was before the run, such as by deleting it, is not left.
        const left = [...others].filter(([key, text]) => text !== atFirst.get(key))
        assert.equal(result.left, left.length)
        assert.equal(result.status, left.length === 0 ? 'complete' : 'partial')
        const lines = result.leftFile === undefined ? '' : readFileSync(result.leftFile, 'utf8')
        for (const [key] of left) assert.ok(lines.includes(`"${key}\\"`), `${key} in ${lines}`)
      }),
      { numRuns: 15 },
    )
    assert.ok(yielded > 0, 'nobody came between')
  })
})
