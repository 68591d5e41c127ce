import { NumberValue } from '../../src/core/number-value.js'
import type { AttributeValue } from '../../src/formats/dynamodb/attribute-value.js'

/** A value as a pipeline gives it, as the table holds it, and whether these are the same. */
export interface MutationCase {
  readonly name: string
  readonly value: unknown
  /** `undefined`: the attribute is absent. */
  readonly stored: AttributeValue | undefined
  readonly same: boolean
}

export const CASES: readonly MutationCase[] = [
  { name: '1 and 1.0', value: 1, stored: { N: '1.0' }, same: true },
  { name: '1 and 1e0', value: 1n, stored: { N: '1e0' }, same: true },
  { name: '1 and 1.1', value: 1, stored: { N: '1.1' }, same: false },
  { name: '-0 and 0', value: -0, stored: { N: '0' }, same: true },
  {
    name: 'the 38th digit',
    value: new NumberValue('1.2345678901234567890123456789012345678'),
    stored: { N: '1.2345678901234567890123456789012345679' },
    same: false,
  },
  { name: '2^53 and 2^53 + 1', value: 2n ** 53n, stored: { N: '9007199254740993' }, same: false },
  { name: 'a number and its text', value: 1, stored: { S: '1' }, same: false },
  { name: 'an empty string and none', value: '', stored: undefined, same: false },
  { name: 'an empty string and null', value: '', stored: { NULL: true }, same: false },
  { name: 'null and absent', value: null, stored: undefined, same: false },
  { name: 'undefined and absent', value: undefined, stored: undefined, same: true },
  { name: 'undefined and null', value: undefined, stored: { NULL: true }, same: false },
  { name: 'false and null', value: false, stored: { NULL: true }, same: false },
  { name: 'false and true', value: false, stored: { BOOL: true }, same: false },
  { name: 'a trailing space', value: 'a', stored: { S: 'a ' }, same: false },
  { name: 'a NUL character', value: 'a', stored: { S: 'a\0' }, same: false },
  { name: 'a NUL byte', value: Uint8Array.of(1), stored: { B: 'AQA=' }, same: false },
  { name: 'bytes and base64', value: Uint8Array.of(1, 0), stored: { B: 'AQA=' }, same: true },
  { name: 'bytes and their base64 as text', value: 'AQA=', stored: { B: 'AQA=' }, same: false },
  {
    name: 'a Cyrillic look-alike',
    value: 'p\u0061ypal',
    stored: { S: 'p\u0430ypal' },
    same: false,
  },
  { name: 'composed and decomposed', value: '\u00e9', stored: { S: 'e\u0301' }, same: false },
  {
    name: 'microseconds',
    value: '2024-01-01T00:00:00.000001Z',
    stored: { S: '2024-01-01T00:00:00.000Z' },
    same: false,
  },
  {
    name: 'the order of a string set',
    value: new Set(['b', 'a']),
    stored: { SS: ['a', 'b'] },
    same: true,
  },
  {
    name: 'the order of a number set',
    value: new Set([10, 9]),
    stored: { NS: ['9.0', '10'] },
    same: true,
  },
  {
    name: 'the order of a binary set',
    value: new Set([Uint8Array.of(2), Uint8Array.of(1)]),
    stored: { BS: ['AQ==', 'Ag=='] },
    same: true,
  },
  { name: 'a member of a set', value: new Set(['a']), stored: { SS: ['a', 'b'] }, same: false },
  { name: 'a set and a list', value: new Set(['a']), stored: { L: [{ S: 'a' }] }, same: false },
  {
    name: 'the order of a list',
    value: ['b', 'a'],
    stored: { L: [{ S: 'a' }, { S: 'b' }] },
    same: false,
  },
  { name: 'an empty list and map', value: [], stored: { M: {} }, same: false },
  { name: 'null in a list', value: [null], stored: { L: [] }, same: false },
  {
    name: 'the order of a map',
    value: { b: 1, a: 2 },
    stored: { M: { a: { N: '2' }, b: { N: '1' } } },
    same: true,
  },
  {
    name: 'null and absent deep down',
    value: { a: { b: null } },
    stored: { M: { a: { M: {} } } },
    same: false,
  },
  {
    name: 'a map that looks like a number',
    value: { N: '1' },
    stored: { N: '1' },
    same: false,
  },
]
