import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { Absent } from '../../core/absent.js'
import type { asRead } from '../../core/as-read.js'
import type { NumberValue } from '../../core/number-value.js'
import type { Reject } from '../../core/outcome.js'
import type { DuplicatePolicy } from '../../core/sink.js'
import type { DatePolicy } from '../../formats/dynamodb/value-encoder.js'
import type { TransportChoice } from '../../stores/dynamodb/lanes.js'

/**
 * Names of the attributes that every item has, with values of this type. Not `in keyof I` alone,
 * which would look at each of several kinds of items by itself.
 */
type NameOf<I, V> = { [K in keyof I & string]: I[K] extends V ? K : never }[keyof I & string]

/** Names of the attributes that some items have. */
type AnyNameOf<I> = I extends unknown ? keyof I & string : never

/**
 * A key attribute of the table: its name when it is a string, `{ name, type }` when it is a number
 * (`'N'`) or binary (`'B'`). Every item must have it.
 */
export type Key<I> =
  | NameOf<I, string>
  | { readonly name: NameOf<I, string>; readonly type: 'S' }
  | { readonly name: NameOf<I, number | bigint | NumberValue>; readonly type: 'N' }
  | { readonly name: NameOf<I, Uint8Array>; readonly type: 'B' }

/** A key attribute of an index, which items may lack: they are then not in the index. */
export type IndexKey<I> =
  AnyNameOf<I> | { readonly name: AnyNameOf<I>; readonly type: 'S' | 'N' | 'B' }

/** What an index holds of an item: all of it, its keys, or its keys and the attributes named. */
export type Projection = 'all' | 'keys' | readonly string[]

/** Capacity a second, bought ahead. */
export interface ProvisionedUnits {
  readonly readUnits: number
  readonly writeUnits: number
}

export interface GlobalIndex<I> {
  readonly name: string
  /** @default 'global' */
  readonly kind?: 'global'
  readonly partitionKey: IndexKey<I>
  readonly sortKey?: IndexKey<I>
  /** @default 'all' */
  readonly projection?: Projection
  /** For tables with provisioned capacity. @default that of the table */
  readonly billing?: ProvisionedUnits
}

/** An index with the table's partition key. Limits all items of a partition key to 10 GB. */
export interface LocalIndex<I> {
  readonly name: string
  readonly kind: 'local'
  readonly sortKey: IndexKey<I>
  /** @default 'all' */
  readonly projection?: Projection
}

/** How to make the table when it is missing; an existing one is left as it is. */
export interface CreateOptions<I> {
  /** @default 'on-demand' */
  readonly billing?: 'on-demand' | ProvisionedUnits
  /** @default none */
  readonly indexes?: readonly (GlobalIndex<I> | LocalIndex<I>)[]
  /** Attribute with the epoch second after which DynamoDB deletes the item. @default none */
  readonly ttl?: AnyNameOf<I>
  /** What the table's stream tells of each change. @default no stream */
  readonly stream?: 'keys' | 'new' | 'old' | 'new and old'
  /** @default none */
  readonly tags?: Readonly<Record<string, string>>
  /** Capacity a second that the table takes from its first moment on; charged once by AWS. */
  readonly warmThroughput?: ProvisionedUnits
  /** The table cannot be deleted until this is turned off. @default false */
  readonly deletionProtection?: boolean
}

/** What of the values of items is there to be removed. */
type AbsentIn<I> = I extends unknown ? Extract<I[keyof I], Absent> : never

/** Options of a mode that stores items whole, which have no attributes to remove. */
type Whole<I, Options> = [AbsentIn<I>] extends [never]
  ? Options
  : unknown extends AbsentIn<I>
    ? Options
    : never

/** Each item is stored in place of whatever has its key. */
export interface PutOptions<I extends object> {
  /**
   * What becomes of the items in the table:
   * - `put`: stored in place of whatever has their key.
   * - `insert`: stored where nothing has their key. A row of which another content is there already
   *   is rejected, with the reason `exists already`.
   * - `update`: their attributes are set, and those that are `absent` removed, in the items that
   *   have their keys. A row without such an item is rejected, with the reason `no item to update`.
   * - `delete`: the items of their keys are deleted, where there are any; attributes that are not
   *   of the key are not looked at.
   *
   * In each mode, what is in the table already as it should be counts as stored.
   * @default 'put'
   */
  readonly mode?: 'put'
  /** Makes the table when it is missing. @default a missing table is an error */
  readonly create?: CreateOptions<I>
  /**
   * What becomes of rows with a key that an earlier row of the run had: the `last` is stored, the
   * `first` is, or the run stops with an `error`. @default 'last'
   */
  readonly duplicates?: DuplicatePolicy
}

/** Each item is stored where nothing has its key. */
export interface InsertOptions<I extends object> {
  readonly mode: 'insert'
  /** Makes the table when it is missing. @default a missing table is an error */
  readonly create?: CreateOptions<I>
  /** Which of several rows with one key is stored, or that they are an error. @default 'first' */
  readonly duplicates?: 'first' | 'error'
}

/** Attributes of existing items are set and removed. */
export interface UpdateOptions<I extends object> {
  readonly mode: 'update'
  /**
   * Updates an item only while it is as it was read, which each item says under `[asRead]`: in the
   * attributes that are set or removed (`touched`), or in these and all that were read (`all`). The
   * other rows are rejected, with the reason `changed since it was read`.
   * @default items are updated whatever they hold
   */
  readonly ifUnchanged?: I extends { readonly [asRead]: object } ? 'touched' | 'all' : never
  /**
   * With `ifUnchanged`: makes the update anew of the item as it is now (`undefined`: it is gone),
   * in place of rejecting the row; 5 times at most. A row for which it gives `undefined`, since
   * there is nothing to do any more, counts as stored. Must be pure, as stages are.
   * @default such rows are rejected
   */
  readonly onConflict?: (
    now: Readonly<Record<string, unknown>> | undefined,
  ) => I | Reject | undefined
  /** Which of several rows with one key is written, or that they are an error. @default 'error' */
  readonly duplicates?: 'first' | 'error'
}

/** Items are deleted. */
export interface DeleteOptions {
  readonly mode: 'delete'
  /** @default 'last' */
  readonly duplicates?: DuplicatePolicy
}

export type ModeOptions<I extends object> =
  Whole<I, PutOptions<I> | InsertOptions<I>> | UpdateOptions<I> | DeleteOptions

export type DynamodbOptions<I extends object> = TableOptions<I> & ModeOptions<I>

/** Options of all modes. */
export interface TableOptions<I extends object> {
  /** 3 to 255 letters, digits, `_`, `-` and `.`. */
  readonly table: string
  readonly partitionKey: Key<I>
  readonly sortKey?: Key<I>
  /** @default as every AWS tool: AWS_REGION, shared config */
  readonly region?: string
  /** @default as every AWS tool: AWS_ENDPOINT_URL_DYNAMODB, shared config, the region's own */
  readonly endpoint?: string
  /** A ready client, used instead of `region` and `endpoint`; it is not destroyed. */
  readonly client?: DynamoDBClient
  /** What a `Date` in an item becomes. @default items with a `Date` are rejected */
  readonly dates?: DatePolicy
  /**
   * States that no two rows have the same key, so that partitions of the source may be read in
   * parallel. @default false
   */
  readonly uniqueKeys?: boolean
  /**
   * Name of an attribute that every item is given, with the id of the run: so that a rollback knows
   * what the run wrote from the same item written by another. Not compared by verification. In the
   * modes `put` and `insert`. @default none
   */
  readonly stamp?: string
  /** Write units a second at most, indexes included; 1 or more. @default what the table takes */
  readonly maxWriteUnits?: number
  /**
   * Requests under way at once at most, 1 to 1024. There are 16 at first, and more as far as that
   * makes it faster. @default 32
   */
  readonly concurrency?: number
  /**
   * Items taken and not yet stored at most, 100 to 1,000,000 (and 64 MB of text). Those of a hot
   * partition key wait among them while others go ahead, so that a sorted source does not write to
   * one partition after the other. More than the default helps only where thousands of rows on end
   * have one partition key, and with `limits.rewrites` as high, which bounds it too. @default 10000
   */
  readonly spreadItems?: number
  /**
   * How long a write without an answer may still take effect: so long, its key waits before it is
   * written again; 0 to 600,000 ms. @default 5000
   */
  readonly ambiguousGraceMs?: number
  /** For a whole request and its answer, 100 to 600,000 ms. @default 30000 */
  readonly requestTimeoutMs?: number
  /**
   * How requests travel: `sdk`, through the AWS SDK's client; `direct`, signed and sent past its
   * middleware, at a fraction of the CPU; `auto`, directly where the client has no middleware,
   * request handler, agent or signing of its own, and through the SDK as soon as a signature is
   * refused that the SDK's own is not. @default 'auto'
   */
  readonly transport?: TransportChoice
}
