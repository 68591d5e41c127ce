import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'

/** Items to leave out before they are sent; DynamoDB reads, and charges for, all of them. */
export interface DynamodbFilter {
  /** DynamoDB's filter expression, such as `#type = :order`. */
  readonly expression: string
  /** What placeholders such as `#type` stand for: attribute names. */
  readonly names?: Readonly<Record<string, string>>
  /** What placeholders such as `:order` stand for: values as rows have them. */
  readonly values?: Readonly<Record<string, unknown>>
}

export interface FromDynamodbOptions {
  /** Name or ARN of the table. */
  readonly table: string
  /** A secondary index to read in place of the table: only the items and attributes it holds. */
  readonly index?: string
  /**
   * Parts that the table is read in, each in an order of its own; a run reads several at once where
   * the sink declares `uniqueKeys`. Kept over resumes. 1 to 1,000,000.
   * @default 4
   */
  readonly segments?: number
  /**
   * Read each item as it is when its page is read, all earlier writes included: at twice the read
   * units. Global indexes cannot be read so, and are not by default.
   * @default true
   */
  readonly consistent?: boolean
  readonly filter?: DynamodbFilter
  /** Names of the attributes to read; key attributes come along always. @default all */
  readonly projection?: readonly string[]
  /**
   * Read units a second at most, on average: a page of 1 MB costs up to 256 at once (half of it
   * when not `consistent`). Without it, what the table provides, cut when it throttles.
   */
  readonly maxReadUnits?: number
  readonly region?: string
  readonly endpoint?: string
  /** A ready client, with its own region, endpoint and credentials. */
  readonly client?: DynamoDBClient
}
