import { setTimeout as delay } from 'node:timers/promises'
import pRetry from 'p-retry'
import type { AttributeMap } from '../../../formats/dynamodb/attribute-value.js'
import { classifyError, finalError } from '../../../stores/dynamodb/errors.js'
import { PATIENT } from '../../../stores/dynamodb/send-retried.js'
import type { DynamodbTransport } from '../../../stores/dynamodb/transport.js'
import type { Pace } from '../pace.js'
import type { Condition } from './unchanged-condition.js'

/** A write unit, in bytes. */
const UNIT_BYTES = 1024

/** What a write that was carried out replaced. */
export interface Replaced {
  readonly old: AttributeMap | undefined
}

interface Answer {
  readonly Attributes?: AttributeMap
  readonly ConsumedCapacity?: {
    readonly CapacityUnits?: number
    readonly GlobalSecondaryIndexes?: Readonly<Record<string, { readonly CapacityUnits?: number }>>
  }
}

/** Puts and deletes of one item each, under a condition, at the pace of the table. */
export class ConditionalWrites {
  readonly #transport: DynamodbTransport
  readonly #table: string
  readonly #pace: Pace
  readonly #signal: AbortSignal
  writeUnits = 0
  throttled = 0

  constructor(transport: DynamodbTransport, table: string, pace: Pace, signal: AbortSignal) {
    this.#transport = transport
    this.#table = table
    this.#pace = pace
    this.#signal = signal
  }

  get limitUnitsPerSecond(): number {
    return this.#pace.limitUnitsPerSecond
  }

  /**
   * Writes an item where the condition holds; `undefined` where it did not. After a failure on the
   * way it is sent again, so that it may be this very write that made its condition fail.
   * @param item canonical text; `undefined` to delete
   * @param key canonical text of its key
   */
  async write(
    key: string,
    item: string | undefined,
    current: number,
    condition: Condition,
  ): Promise<Replaced | undefined> {
    const rest = JSON.stringify({
      TableName: this.#table,
      ReturnValues: 'ALL_OLD',
      ReturnConsumedCapacity: 'INDEXES',
      ...condition,
    }).slice(1)
    const what = item === undefined ? `"Key":${key}` : `"Item":${item}`
    const units = Math.ceil(Math.max(current, item?.length ?? 0, 1) / UNIT_BYTES)
    const operation = item === undefined ? 'DeleteItem' : 'PutItem'
    return this.#send(operation, `{${what},${rest}`, units)
  }

  async #send(
    operation: 'PutItem' | 'DeleteItem',
    body: string,
    units: number,
  ): Promise<Replaced | undefined> {
    try {
      return await pRetry((attempt) => this.#attempt(operation, body, units, attempt > 1), {
        ...PATIENT,
        factor: 2,
        randomize: true,
        signal: this.#signal,
        shouldRetry: ({ error }) => ['throttled', 'transient'].includes(classifyError(error).kind),
      })
    } catch (error) {
      this.#signal.throwIfAborted()
      throw finalError(error)
    }
  }

  async #attempt(
    operation: 'PutItem' | 'DeleteItem',
    body: string,
    units: number,
    again: boolean,
  ): Promise<Replaced | undefined> {
    await this.#turn(units)
    try {
      const { json } = await this.#transport.send(operation, body, this.#signal)
      const { Attributes: old, ConsumedCapacity: consumed } = json as Answer
      this.#settle(units, consumed, again)
      return { old }
    } catch (error) {
      // It costs as much as if it had been carried out.
      if ((error as Error).name === 'ConditionalCheckFailedException') {
        this.#settle(units, undefined, again)
        return undefined
      }
      this.#pace.giveBack(units)
      const failure = classifyError(error)
      if (failure.kind === 'throttled') {
        this.throttled += 1
        this.#pace.named(failure.scope, failure.resources)
        this.#pace.count(again, true)
        this.#pace.adapt(now())
      }
      throw error
    }
  }

  #settle(units: number, consumed: Answer['ConsumedCapacity'], again: boolean): void {
    const indexes = new Map(
      Object.entries(consumed?.GlobalSecondaryIndexes ?? {}).map(
        ([name, { CapacityUnits = 0 }]) => [name, CapacityUnits] as const,
      ),
    )
    const all = consumed?.CapacityUnits
    let table = all ?? 0
    for (const of of indexes.values()) table -= of
    const told = all === undefined ? undefined : { table, indexes }
    this.writeUnits += this.#pace.settle(units, told, now())
    this.#pace.count(again, false)
  }

  async #turn(units: number): Promise<void> {
    for (;;) {
      const waitMs = this.#pace.take(units, now())
      if (waitMs === 0) return
      await delay(waitMs, undefined, { signal: this.#signal })
    }
  }
}

function now(): number {
  return performance.timeOrigin + performance.now()
}
