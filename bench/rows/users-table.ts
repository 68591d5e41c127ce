import { Client } from 'pg'

/** As `userRow` makes them. */
const INSERT = `INSERT INTO users SELECT
  id,
  'user.number.' || id || '@department.example.com',
  'Given-Name Middle-Name Family-Name ' || id,
  ('{Amsterdam,Zürich,New York,São Paulo,Singapore,Nairobi,Oslo}'::text[])[id % 7 + 1],
  ('{NL,CH,US,BR,SG,KE,NO}'::text[])[id % 7 + 1],
  id % 3 <> 0,
  (id % 10000) / 16.0::float8,
  id % 997,
  timestamptz '2020-01-01 00:00:00Z' + (id % 10000) * interval '12342857 milliseconds'
FROM generate_series(0, $1::bigint - 1) AS id`

const CREATE = `CREATE UNLOGGED TABLE IF NOT EXISTS users (
  id bigint PRIMARY KEY,
  email text NOT NULL,
  full_name text NOT NULL,
  city text NOT NULL,
  country text NOT NULL,
  active boolean NOT NULL,
  score double precision NOT NULL,
  visits integer NOT NULL,
  created_at timestamptz NOT NULL
)`

/** Makes the table `users` with so many rows. */
export async function makeUsersTable(url: string, rows: number): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(CREATE)
    await client.query('TRUNCATE users')
    await client.query(INSERT, [rows])
    await client.query('VACUUM ANALYZE users')
  } finally {
    await client.end()
  }
}
