import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { isViolation, type StoredItem } from '../../src/core/sink.js'
import { canonicalItem, differingAttributes } from '../../src/formats/dynamodb/attribute-value.js'
import { createItemEncoder } from '../../src/formats/dynamodb/item-encoder.js'
import { createItemDigest } from '../../src/formats/item-digest.js'
import { compareSides } from '../../src/verify/compare-sides.js'
import { CASES } from './mutation-cases.js'
import { giving } from './sides.js'

test('flags exactly what differs, by the smallest change of each type', async () => {
  const encoder = createItemEncoder({ partitionKey: { name: 'pk', type: 'S' } })
  const source = CASES.map(({ name, value }) => {
    const encoded = encoder.encode({ pk: name, value, other: 'same' })
    assert.ok(!isViolation(encoded))
    return encoded
  })
  const target = CASES.map(({ name, stored }) => {
    const value = stored === undefined ? {} : { value: stored }
    return canonicalItem({ ...value, other: { S: 'same' }, pk: { S: name } }, ['pk'])
  })
  const tempFolder = await mkdtemp(join(tmpdir(), 'headrace-verify-'))
  const comparison = await compareSides({
    source: giving(source),
    target: {
      scan: () => inOneBatch(target),
      get: (keys) => Promise.resolve(target.filter(({ key }) => keys.includes(key))),
    },
    segments: 1,
    duplicates: 'last',
    scope: 'table',
    digest: createItemDigest('plan'),
    comparable: (text) => text,
    differingAttributes,
    tempFolder,
    examplesMax: CASES.length,
    signal: new AbortController().signal,
  })

  await rm(tempFolder, { recursive: true })

  const flagged = new Set(comparison.examples.map(({ key }) => key))
  for (const [index, { name, same }] of CASES.entries()) {
    assert.equal(flagged.has(source[index]!.key), !same, name)
  }
  for (const { kind, attributes } of comparison.examples) {
    assert.deepEqual({ kind, attributes }, { kind: 'different', attributes: ['value'] })
  }
})

async function* inOneBatch<T extends StoredItem>(items: readonly T[]): AsyncGenerator<T[]> {
  yield [...items]
}
