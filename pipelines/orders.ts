// 4,000 orders with their lines, Postgres → one item per order, one per line, and one in the list
// of the customer. Set DATABASE_URL, and fill the database with pipelines/orders.sql.
import {
  checksum,
  definePipeline,
  env,
  fromPostgres,
  map,
  toDynamodb,
  type NumberValue,
} from 'headrace'

interface OrderRow {
  shop: string
  number: number
  customer_id: bigint
  email: string
  status: 'open' | 'paid' | 'shipped'
  placed_at: string
  tags: string[]
  lines: { line: number; sku: string; quantity: number; price: number }[]
  total: NumberValue
}

export default definePipeline({
  name: 'orders',
  flow: fromPostgres<OrderRow>({
    connection: env('DATABASE_URL'),
    // The lines of an order come with it, so that all its items are made, and settled, together.
    query: `
      SELECT o.shop, o.number, o.customer_id, c.email, o.status, o.placed_at, o.tags, l.lines, l.total
      FROM orders o
      JOIN customers c ON c.id = o.customer_id
      CROSS JOIN LATERAL (
        SELECT
          jsonb_agg(jsonb_build_object(
            'line', line, 'sku', sku, 'quantity', quantity, 'price', price) ORDER BY line
          ) AS lines,
          sum(quantity * price) AS total
        FROM order_lines
        WHERE shop = o.shop AND number = o.number) l`,
    cursor: ['shop', 'number'],
  })
    .pipe(
      map((order) => [
        {
          pk: `ORDER#${order.shop}#${order.number}`,
          sk: 'ORDER',
          status: order.status,
          placedAt: order.placed_at,
          customer: order.customer_id,
          total: order.total,
          ...(order.tags.length === 0 ? {} : { tags: new Set(order.tags) }),
        },
        ...order.lines.map(({ line, sku, quantity, price }) => ({
          pk: `ORDER#${order.shop}#${order.number}`,
          sk: `LINE#${String(line).padStart(3, '0')}`,
          sku,
          quantity,
          price,
        })),
        {
          pk: `CUSTOMER#${order.customer_id}`,
          // Six digits behind the second, always: sorted as texts, they are sorted by time.
          sk: `ORDER#${order.placed_at}#${order.shop}#${order.number}`,
          email: order.email,
          total: order.total,
        },
      ]),
    )
    .to(
      toDynamodb({
        table: 'orders',
        partitionKey: 'pk',
        sortKey: 'sk',
        create: { billing: 'on-demand' },
      }),
    ),
  verify: checksum(),
})
