import assert from 'node:assert/strict'
import { test } from 'node:test'
import { whyIdsAreLost } from '../../../src/sources/mongodb/keeps-ids.js'

test('stages that give each document once, with its _id, in order', () => {
  const keep = [
    { $match: { a: 1 } },
    { $set: { a: 1, _idea: 2 } },
    { $addFields: { 'a.b': 1 } },
    { $unset: ['a', 'b.c'] },
    { $unset: 'a' },
    { $project: { a: 1, _id: 1 } },
    { $project: { a: 0 } },
    { $lookup: { from: 'x', localField: 'a', foreignField: 'b', as: 'found' } },
    { $redact: '$$KEEP' },
  ]
  assert.equal(whyIdsAreLost([]), undefined)
  assert.equal(whyIdsAreLost(keep), undefined)
})

test('stages that do not, or may not', () => {
  const lose = [
    { $unwind: '$a' },
    { $group: { _id: '$a' } },
    { $sort: { a: 1 } },
    { $limit: 5 },
    { $replaceRoot: { newRoot: '$a' } },
    { $unionWith: 'x' },
    { $set: { _id: '$a' } },
    { $addFields: { '_id.a': 1 } },
    { $unset: '_id' },
    { $unset: ['a', '_id.b'] },
    { $project: { _id: 0, a: 1 } },
    { $project: { _id: '$a' } },
    { $lookup: { from: 'x', as: '_id' } },
    { $later: {} },
    {},
  ]
  for (const stage of lose) {
    const why = whyIdsAreLost([{ $match: {} }, stage])
    assert.match(why ?? '', /may/, JSON.stringify(stage))
  }
})
