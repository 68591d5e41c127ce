import {
  cellAt,
  cellValue,
  hasDigits,
  rowAt,
  type CellColumn,
  type CellLayout,
  type CellRows,
} from '../../core/cells.js'
import { HeadraceError } from '../../core/errors.js'
import type { EncodedItem, ItemViolation } from '../../core/sink.js'
import { describeValue } from './describe-value.js'
import { ShapeCache, type ItemShape } from './item-shape.js'
import { quote } from './json-string.js'
import {
  ITEM_BYTES_MAX,
  PARTITION_KEY_BYTES_MAX,
  SORT_KEY_BYTES_MAX,
  WRITE_UNIT_BYTES,
} from './limits.js'
import { canonicalNumber } from './number.js'
import { isPlainObject } from './plain-object.js'
import { ValueEncoder, type DatePolicy } from './value-encoder.js'

/** An attribute that is a key, and its type: string, number or binary. */
export interface KeyAttribute {
  readonly name: string
  readonly type: 'S' | 'N' | 'B'
}

/** A key attribute of a secondary index, which items may lack. */
export interface IndexKey extends KeyAttribute {
  readonly index: string
  readonly role: 'partition' | 'sort'
}

export interface ItemSchema {
  readonly partitionKey: KeyAttribute
  readonly sortKey?: KeyAttribute | undefined
  readonly indexKeys?: readonly IndexKey[] | undefined
  /** What a `Date` becomes. @default a `Date` is a violation */
  readonly dates?: DatePolicy | undefined
}

export interface ItemEncoder {
  /**
   * The item as canonical DynamoDB JSON, attributes in the order of UTF-16 code units, numbers as
   * DynamoDB returns them, sets sorted: the text that is sent, compared and digested. Or why
   * DynamoDB cannot hold it.
   */
  encode(item: unknown): EncodedItem | ItemViolation
  /** The same of a row that is kept as cells, without making it. */
  encodeCells(rows: CellRows, index: number): EncodedItem | ItemViolation
}

/** @throws HeadraceError `PIPELINE_INVALID` when the attributes contradict each other */
export function createItemEncoder(schema: ItemSchema): ItemEncoder {
  return new DynamodbItemEncoder(schema)
}

/** What a key attribute must be. */
interface KeyRule {
  readonly label: string
  readonly type: 'S' | 'N' | 'B'
  readonly bytesMax: number
}

/** How the cells of a layout are written; the lists are filled anew for each row. */
interface ShapedCells {
  readonly layout: CellLayout
  readonly columns: readonly CellColumn[]
  readonly shape: ItemShape
  readonly values: unknown[]
  readonly numbers: boolean[]
}

const TYPE_WORDS = { S: 'a string', N: 'a number', B: 'binary' } as const

class DynamodbItemEncoder implements ItemEncoder {
  readonly #values: ValueEncoder
  readonly #shapes = new ShapeCache()
  readonly #rules: ReadonlyMap<string, KeyRule>
  readonly #partitionName: string
  readonly #sortName: string | undefined
  readonly #keyPrefix: string
  readonly #sortPrefix: string
  /**
   * Rules of the attributes of a shape, in canonical order; undefined where no attribute has one.
   */
  readonly #shapeRules = new WeakMap<ItemShape, readonly (KeyRule | undefined)[]>()
  #lastShape: ItemShape | undefined
  #lastRules: readonly (KeyRule | undefined)[] = []
  #lastCells: ShapedCells | undefined

  constructor(schema: ItemSchema) {
    this.#values = new ValueEncoder(schema.dates)
    this.#rules = keyRules(schema)
    this.#partitionName = schema.partitionKey.name
    this.#sortName = schema.sortKey?.name
    this.#keyPrefix = `{${quote(this.#partitionName)}:`
    this.#sortPrefix = this.#sortName === undefined ? '' : `,${quote(this.#sortName)}:`
  }

  encode(item: unknown): EncodedItem | ItemViolation {
    if (typeof item !== 'object' || item === null || !isPlainObject(item)) {
      return violation('item is not a plain object', undefined, item)
    }
    const shape = this.#shapes.of(Object.keys(item))
    if (shape.refusal !== undefined) {
      return violation(shape.refusal.reason, undefined, shape.refusal.name)
    }
    const written = this.#write(Object.values(item), shape)
    if (!('reason' in written)) return written
    const key = this.#keyOf(item)
    return key === undefined ? written : { ...written, key }
  }

  encodeCells(rows: CellRows, index: number): EncodedItem | ItemViolation {
    const { columns, shape, values, numbers } = this.#shapedCells(rows.layout)
    for (let at = 0; at < columns.length; at++) {
      const column = columns[at] as CellColumn
      const cell = cellAt(rows, column, index)
      const text = hasDigits(column, cell) ? canonicalNumber(cell) : undefined
      const isExact = typeof text === 'string'
      numbers[at] = isExact
      values[at] = isExact ? text : cellValue(column, cell)
    }
    const written =
      shape.refusal === undefined ? this.#write(values, shape, numbers) : shape.refusal
    // Why an item cannot be stored is told in terms of the row.
    return 'reason' in written ? this.encode(rowAt(rows, index)) : written
  }

  /** @param numbers which of the values are numbers in canonical text */
  #write(
    values: readonly unknown[],
    shape: ItemShape,
    numbers?: readonly boolean[],
  ): EncodedItem | ItemViolation {
    const encoder = this.#values
    const rules = this.#rulesOf(shape)
    encoder.bytes = 0
    encoder.failure = undefined
    let nameBytes = 0
    let text = ''
    let partition = ''
    let sort = ''
    for (let index = 0; index < values.length; index++) {
      const place = shape.order[index] as number
      const value = values[place]
      if (value === undefined) continue
      nameBytes += shape.nameBytes[index] as number
      const rule = rules[index]
      const isNumber = numbers !== undefined && numbers[place] === true
      if (rule === undefined && typeof value === 'string' && !isNumber) {
        text += (text === '' ? shape.openingString : shape.followingString)[index]
        text += encoder.characters(value) + '"}'
        if (encoder.failure !== undefined) return failureOf(encoder, shape, index)
        continue
      }
      const before = encoder.bytes
      const fragment = isNumber ? encoder.digits(value as string) : encoder.encode(value, 1)
      if (encoder.failure !== undefined) return failureOf(encoder, shape, index)
      text += (text === '' ? shape.opening : shape.following)[index] + fragment
      if (rule === undefined) continue
      const name = shape.sortedNames[index] as string
      const reason = brokenRule(rule, fragment, encoder.bytes - before)
      if (reason !== undefined) return violation(reason, name, value)
      if (name === this.#partitionName) partition = fragment
      else if (name === this.#sortName) sort = fragment
    }
    if (partition === '') return violation('partition key is missing', this.#partitionName)
    if (sort === '' && this.#sortName !== undefined) {
      return violation('sort key is missing', this.#sortName)
    }
    const bytes = encoder.bytes + nameBytes
    if (bytes > ITEM_BYTES_MAX) {
      return violation(`item is larger than 400 KB (${ITEM_BYTES_MAX} bytes)`, undefined, bytes)
    }
    return {
      key: this.#keyPrefix + partition + this.#sortPrefix + sort + '}',
      text: text + '}',
      bytes,
      writeUnits: Math.ceil(bytes / WRITE_UNIT_BYTES),
    }
  }

  /** The key of an item that cannot be stored, where that is not for its key. */
  #keyOf(item: { readonly [name: string]: unknown }): string | undefined {
    let key = this.#keyPrefix
    for (const name of [this.#partitionName, this.#sortName]) {
      if (name === undefined) continue
      this.#values.bytes = 0
      this.#values.failure = undefined
      const value = Object.hasOwn(item, name) ? item[name] : undefined
      if (value === undefined) return undefined
      const fragment = this.#values.encode(value, 1)
      const rule = this.#rules.get(name) as KeyRule
      if (this.#values.failure !== undefined) return undefined
      if (brokenRule(rule, fragment, this.#values.bytes) !== undefined) return undefined
      key += name === this.#partitionName ? fragment : this.#sortPrefix + fragment
    }
    return key + '}'
  }

  #shapedCells(layout: CellLayout): ShapedCells {
    if (this.#lastCells?.layout === layout) return this.#lastCells
    const { columns } = layout
    const shape = this.#shapes.of(columns.map(({ name }) => name))
    const values = columns.map(() => undefined)
    const numbers = columns.map(() => false)
    return (this.#lastCells = { layout, columns, shape, values, numbers })
  }

  #rulesOf(shape: ItemShape): readonly (KeyRule | undefined)[] {
    if (shape === this.#lastShape) return this.#lastRules
    let rules = this.#shapeRules.get(shape)
    if (rules === undefined) {
      rules = shape.sortedNames.map((name) => this.#rules.get(name))
      this.#shapeRules.set(shape, rules)
    }
    this.#lastShape = shape
    this.#lastRules = rules
    return rules
  }
}

function keyRules(schema: ItemSchema): Map<string, KeyRule> {
  const rules = new Map<string, KeyRule>()
  const { partitionKey, sortKey, indexKeys = [] } = schema
  const add = (key: KeyAttribute, label: string, bytesMax: number): void => {
    const known = rules.get(key.name)
    if (known !== undefined && known.type !== key.type) {
      throw new HeadraceError(
        'PIPELINE_INVALID',
        `Expected one type for key attribute ${JSON.stringify(key.name)}; ` +
          `got ${known.type} (${known.label}) and ${key.type} (${label})`,
      )
    }
    if (known === undefined) rules.set(key.name, { label, type: key.type, bytesMax })
    else rules.set(key.name, { ...known, bytesMax: Math.min(known.bytesMax, bytesMax) })
  }
  add(partitionKey, 'partition key', PARTITION_KEY_BYTES_MAX)
  if (sortKey?.name === partitionKey.name) {
    throw new HeadraceError(
      'PIPELINE_INVALID',
      `Expected partition and sort key to be two attributes; ` +
        `got ${JSON.stringify(sortKey.name)} twice`,
    )
  }
  if (sortKey !== undefined) add(sortKey, 'sort key', SORT_KEY_BYTES_MAX)
  for (const key of indexKeys) {
    const bytesMax = key.role === 'partition' ? PARTITION_KEY_BYTES_MAX : SORT_KEY_BYTES_MAX
    add(key, `${key.role} key of index ${key.index}`, bytesMax)
  }
  return rules
}

/** @param bytes size of the value that `fragment`, such as `{"S":"x"}`, stands for */
function brokenRule(rule: KeyRule, fragment: string, bytes: number): string | undefined {
  if (!fragment.startsWith(rule.type, 2) || fragment[3] !== '"') {
    return `${rule.label} is not ${TYPE_WORDS[rule.type]}`
  }
  if (bytes === 0) return `${rule.label} is empty`
  if (bytes > rule.bytesMax) return `${rule.label} is longer than ${rule.bytesMax} bytes`
  return undefined
}

function failureOf(encoder: ValueEncoder, shape: ItemShape, index: number): ItemViolation {
  const { reason, path, value } = encoder.failure as NonNullable<ValueEncoder['failure']>
  return violation(reason, `${shape.sortedNames[index]}${path}`, value)
}

function violation(reason: string, attribute?: string, value?: unknown): ItemViolation {
  const shown = describeValue(value)
  return {
    reason,
    ...(attribute === undefined ? {} : { attribute }),
    ...(shown === undefined ? {} : { value: shown }),
  }
}
