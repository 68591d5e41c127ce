/**
 * Where an item of `toDynamodb({ mode: 'update', ifUnchanged: … })` keeps what was read: the row as
 * `fromDynamodb` gave it. It is compared, and never stored. Set it in the last stage: those that
 * make new rows of named columns leave it out.
 * @example
 * map((row) => ({ pk: row.pk, price: Number(row.price), [asRead]: row }))
 */
export const asRead: unique symbol = Symbol.for('headrace.as-read')
