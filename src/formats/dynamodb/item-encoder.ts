import {
  cellAt,
  cellValue,
  hasDigits,
  rowAt,
  type CellColumn,
  type CellLayout,
  type CellRows,
} from '../../core/cells.js'
import type { EncodedItem, ItemViolation } from '../../core/sink.js'
import { describeValue } from './describe-value.js'
import { CLOSING, ShapeCache, type ItemShape } from './item-shape.js'
import { quote } from './json-string.js'
import {
  brokenRule,
  keyRules,
  type KeyAttribute,
  type KeyRule,
  type KeySchema,
} from './key-rules.js'
import { ITEM_BYTES_MAX, WRITE_UNIT_BYTES } from './limits.js'
import { canonicalNumber } from './number.js'
import { isPlainObject } from './plain-object.js'
import { ValueEncoder, type DatePolicy } from './value-encoder.js'

export interface ItemSchema extends KeySchema {
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

/** How the cells of a layout are written; the lists are filled anew for each row. */
interface ShapedCells {
  readonly layout: CellLayout
  readonly columns: readonly CellColumn[]
  readonly shape: ItemShape
  readonly values: unknown[]
  readonly numbers: boolean[]
}

class DynamodbItemEncoder implements ItemEncoder {
  readonly #values: ValueEncoder
  readonly #shapes = new ShapeCache()
  readonly #rules: ReadonlyMap<string, KeyRule>
  readonly #partitionName: string
  readonly #sortName: string | undefined
  /** What stands before the key values in the text of a key. */
  readonly #partitionOpening: string
  readonly #sortOpening: string
  /** Key values of the item that is being written; empty until they are. */
  #partition = ''
  #sort = ''
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
    const { partitionKey, sortKey } = schema
    this.#partitionOpening = `{${openingOf(partitionKey)}`
    this.#sortOpening = sortKey === undefined ? '' : `${CLOSING},${openingOf(sortKey)}`
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
    this.#partition = ''
    this.#sort = ''
    let nameBytes = 0
    let text = ''
    let joints = shape.opening
    for (let index = 0; index < values.length; index++) {
      const place = shape.order[index] as number
      const value = values[place]
      if (value === undefined) continue
      nameBytes += shape.nameBytes[index] as number
      const rule = rules[index]
      const before = encoder.bytes
      let content: string
      let type: string
      if (numbers !== undefined && numbers[place] === true) {
        type = 'N'
        content = encoder.canonicalDigits(value as string)
        text += (joints.number[index] as string) + content
        joints = shape.followingOpen
      } else if (typeof value === 'string') {
        type = 'S'
        content = encoder.characters(value)
        text += (joints.string[index] as string) + content
        joints = shape.followingOpen
      } else if (typeof value === 'number' || typeof value === 'bigint') {
        type = 'N'
        content = encoder.digits(value)
        text += (joints.number[index] as string) + content
        joints = shape.followingOpen
      } else {
        const fragment = encoder.encode(value, 1)
        type = rule === undefined ? '' : typeOf(fragment)
        content = rule === undefined ? '' : contentOf(fragment)
        text += (joints.value[index] as string) + fragment
        joints = shape.following
      }
      if (encoder.failure !== undefined) return failureOf(encoder, shape, index)
      if (rule === undefined) continue
      const reason = brokenRule(rule, type, encoder.bytes - before)
      if (reason !== undefined) return violation(reason, shape.sortedNames[index], value)
      this.#noteKey(shape.sortedNames[index] as string, content)
    }
    text += joints === shape.followingOpen ? `${CLOSING}}` : '}'
    return this.#encoded(text, encoder.bytes + nameBytes)
  }

  #noteKey(name: string, content: string): void {
    if (name === this.#partitionName) this.#partition = content
    else if (name === this.#sortName) this.#sort = content
  }

  #encoded(text: string, bytes: number): EncodedItem | ItemViolation {
    // Key values are not empty.
    if (this.#partition === '') return violation('partition key is missing', this.#partitionName)
    if (this.#sort === '' && this.#sortName !== undefined) {
      return violation('sort key is missing', this.#sortName)
    }
    if (bytes > ITEM_BYTES_MAX) {
      return violation(`item is larger than 400 KB (${ITEM_BYTES_MAX} bytes)`, undefined, bytes)
    }
    const writeUnits = Math.ceil(bytes / WRITE_UNIT_BYTES)
    return { key: this.#keyText(this.#partition, this.#sort), text, bytes, writeUnits }
  }

  #keyText(partition: string, sort: string): string {
    const first = this.#partitionOpening + partition
    return `${this.#sortName === undefined ? first : first + this.#sortOpening + sort}${CLOSING}}`
  }

  /** The key of an item that cannot be stored, where that is not for its key. */
  #keyOf(item: { readonly [name: string]: unknown }): string | undefined {
    const contents: string[] = []
    for (const name of [this.#partitionName, this.#sortName]) {
      if (name === undefined) continue
      this.#values.bytes = 0
      this.#values.failure = undefined
      const value = Object.hasOwn(item, name) ? item[name] : undefined
      if (value === undefined) return undefined
      const fragment = this.#values.encode(value, 1)
      const rule = this.#rules.get(name) as KeyRule
      if (this.#values.failure !== undefined) return undefined
      if (brokenRule(rule, typeOf(fragment), this.#values.bytes) !== undefined) return undefined
      contents.push(contentOf(fragment))
    }
    const [partition = '', sort = ''] = contents
    return this.#keyText(partition, sort)
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

/** What stands before the value of a key: `"pk":{"S":"`. */
function openingOf({ name, type }: KeyAttribute): string {
  return `${quote(name)}:{"${type}":"`
}

/** Of a value such as `{"S":"x"}` the type; of one that is no string, such as a list, nothing. */
function typeOf(fragment: string): string {
  return fragment[3] === '"' && fragment[5] === '"' ? (fragment[2] as string) : ''
}

/** What stands between its quotes. */
function contentOf(fragment: string): string {
  return fragment.slice('{"S":"'.length, -CLOSING.length)
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
