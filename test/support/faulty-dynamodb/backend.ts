import type { Answer } from './answer.js'
import type { WireItem, WireValue } from './item-size.js'
import type { Table } from './table.js'

/** One write, as every operation that writes comes down to. */
export interface Write {
  readonly table: Table
  readonly key: string
  /** The item to store, or the key of the one to delete. */
  readonly item: WireItem
  readonly kind: 'put' | 'delete'
}

/** What does the work behind the faults. */
export interface Backend {
  table(name: string): Promise<Table>
  /** The item stored under the key, as far as it is known. */
  current(table: Table, key: string): WireItem | undefined
  /** @throws Refusal when these writes would be refused whatever the capacity */
  check(writes: readonly Write[]): void
  /** Carries out the writes; resolves to those left undone. */
  apply(writes: readonly Write[]): Promise<readonly Write[]>
  /** Carries out an operation that writes this one item. */
  applyOne(write: Write, operation: string, input: Input): Promise<Answer>
  /** Anything that is not a plain write. */
  call(operation: string, input: Input): Promise<Answer>
  close(): void
}

/** The body of a request: what any operation may hold, of which each reads its own, unchecked. */
export interface Input {
  readonly TableName: string
  readonly Item: WireItem
  readonly Key: WireItem
  readonly RequestItems: unknown
  readonly Statements: readonly Statement[]
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>
  readonly ReturnConsumedCapacity?: 'NONE' | 'TOTAL' | 'INDEXES'
  readonly ExclusiveStartKey?: WireItem
  readonly Segment?: number
  readonly TotalSegments?: number
  readonly Limit?: number
  readonly Select?: string
  readonly ConsistentRead?: boolean
  readonly TimeToLiveSpecification: { readonly AttributeName: string; readonly Enabled: boolean }
  readonly ResourceArn: string
  readonly Tags: readonly Tag[]
}

/** A statement of PartiQL. */
export interface Statement {
  readonly Statement: string
  readonly Parameters?: readonly WireValue[]
}

export interface Tag {
  readonly Key: string
  readonly Value: string
}
