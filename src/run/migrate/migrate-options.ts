import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { Reject } from '../../core/outcome.js'
import type { Key } from '../../sinks/dynamodb/options.js'

/** Attributes to set, and those that are `absent` to remove; `undefined` leaves one as it is. */
export interface Changes {
  readonly [attribute: string]: unknown
}

export interface MigrateOptions<R extends object> {
  /** The table to read and to update. */
  readonly table: string
  /** As for `toDynamodb`. */
  readonly partitionKey: Key<R>
  readonly sortKey?: Key<R>
  /**
   * Whether an item is as the migration would have it, or none of its concern. Such items are
   * skipped; in the end, all must be.
   */
  readonly done: (item: R) => boolean
  /**
   * What is to change of an item that is not done; or `reject('reason')`, also by a throw. Must
   * make it done, give the same whenever it is given the same item, and leave its key alone: to
   * give items another key, write them to another table.
   */
  readonly change: (item: R) => Changes | Reject
  /**
   * What of an item must be as it was read when it is updated: `all` of it, or only the attributes
   * `touched`, where `change` looks at no others. DynamoDB compares 300 attributes at most. Of an
   * item that has changed, the change is made anew, 5 times at most.
   * @default 'all'
   */
  readonly ifUnchanged?: 'all' | 'touched'
  /** Parts of the table, of which 4 are read at once; 1 to 1,000,000. @default 4 */
  readonly segments?: number
  /** Read units a second at most, on average. @default what the table provides */
  readonly maxReadUnits?: number
  /** Write units a second at most. @default what the table takes */
  readonly maxWriteUnits?: number
  /** Updates under way at once, 1 to 1024. @default 32 */
  readonly concurrency?: number
  readonly region?: string
  readonly endpoint?: string
  /** A ready client, with its own region, endpoint and credentials. */
  readonly client?: DynamoDBClient
}
