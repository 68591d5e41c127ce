/** A type as its values are printed and read. Domains are replaced by what they are made of. */
export type PostgresType =
  | { readonly kind: 'base'; readonly name: string }
  | { readonly kind: 'array'; readonly element: PostgresType; readonly delimiter: string }
  | {
      readonly kind: 'composite'
      readonly fields: readonly { readonly name: string; readonly type: PostgresType }[]
    }

/** What can be asked for in place of the usual representation of a column. */
export const POSTGRES_REPRESENTATIONS = ['text', 'number', 'bigint', 'decimal', 'json'] as const

/**
 * - `text`: as Postgres prints it;
 * - `number`: the nearest double;
 * - `bigint`: whole numbers of any size;
 * - `decimal`: a `NumberValue` of all its digits;
 * - `json`: parsed, as a `jsonb` column is.
 */
export type PostgresRepresentation = (typeof POSTGRES_REPRESENTATIONS)[number]
