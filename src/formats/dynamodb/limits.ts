/**
 * What DynamoDB allows. From the service model of `BatchWriteItem` (dynamodb 2012-08-10) and the
 * developer guide's "Quotas"; nesting and item size as measured by the dynamodb-conformance suite
 * (tests/tier3/limits).
 */

/** Put and delete requests in one BatchWriteItem, over all its tables. */
export const BATCH_ITEMS_MAX = 25
/** Bytes of a BatchWriteItem request as sent. */
export const BATCH_BYTES_MAX = 16 * 1024 * 1024
/** Keys in one BatchGetItem. */
export const BATCH_GET_KEYS_MAX = 100
/** Bytes of an item as stored: names and values; this many are accepted, one more is not. */
export const ITEM_BYTES_MAX = 409_600
/** Bytes of a partition key's value, in tables and indexes. */
export const PARTITION_KEY_BYTES_MAX = 2_048
/** Bytes of a sort key's value, in tables and indexes. */
export const SORT_KEY_BYTES_MAX = 1_024
/** UTF-8 bytes of an attribute name; names are not empty. */
export const NAME_BYTES_MAX = 65_535
/** A top-level attribute is at level 1, an element of a list or map one level below it. */
export const NESTING_MAX = 32
/** Significant digits of a number. */
export const NUMBER_DIGITS_MAX = 38
/** Powers of ten of a number's first digit: 1E-130 to 9.99…E+125. */
export const NUMBER_EXPONENT_MIN = -130
export const NUMBER_EXPONENT_MAX = 125
/** Bytes of an item that one write unit pays for. */
export const WRITE_UNIT_BYTES = 1_024
