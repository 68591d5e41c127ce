-- A shop's database to try pipelines/orders.ts on: psql "$DATABASE_URL" -f pipelines/orders.sql
CREATE TABLE customers (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  email text NOT NULL UNIQUE,
  name text
);
CREATE TYPE order_status AS ENUM ('open', 'paid', 'shipped');
CREATE TABLE orders (
  shop text NOT NULL,
  number int NOT NULL,
  customer_id bigint NOT NULL REFERENCES customers,
  status order_status NOT NULL,
  placed_at timestamptz NOT NULL,
  tags text[] NOT NULL,
  PRIMARY KEY (shop, number)
);
CREATE TABLE order_lines (
  shop text NOT NULL,
  number int NOT NULL,
  line int NOT NULL,
  sku text NOT NULL,
  quantity int NOT NULL,
  price numeric(12, 2) NOT NULL,
  PRIMARY KEY (shop, number, line),
  FOREIGN KEY (shop, number) REFERENCES orders
);

INSERT INTO customers (email, name)
SELECT 'customer' || i || '@example.com', CASE WHEN i % 10 > 0 THEN 'Customer ' || i END
FROM generate_series(1, 500) AS i;

INSERT INTO orders
SELECT
  (ARRAY['basel', 'zürich', 'genève'])[1 + i % 3], i, 1 + i % 500,
  (enum_range(NULL::order_status))[1 + i % 3],
  timestamptz '2026-01-01 08:00+01' + i * interval '17.000123 minutes',
  CASE WHEN i % 5 = 0 THEN ARRAY['gift', 'express'] ELSE '{}' END
FROM generate_series(1, 4000) AS i;

INSERT INTO order_lines
SELECT shop, number, line, 'SKU-' || (number * 7 + line) % 900, 1 + number % 4,
  ((number * 131 + line * 17) % 100000) / 100.0
FROM orders, generate_series(1, 1 + number % 4) AS line;

ANALYZE;
