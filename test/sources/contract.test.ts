import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fromCsv } from '../../src/sources/from-csv.js'
import { fromJson } from '../../src/sources/from-json.js'
import { fromPostgres } from '../../src/sources/from-postgres.js'
import { assertNoLeaks } from '../support/no-leaks.js'
import { createPostgresDatabase, execute } from '../support/postgres.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { testSourceContract } from './contract.js'
import { killBackends } from './postgres/read-source.js'

assertNoLeaks()

/** A file of a line for each row. */
function file(rows: number, line: (id: number) => string, header = ''): string {
  const path = join(temporaryFolder(), 'rows')
  let text = header
  for (let id = 1; id <= rows; id += 1) text += line(id)
  writeFileSync(path, text)
  return path
}

testSourceContract({
  name: 'fromCsv',
  batchRows: 500,
  fillerLength: 200,
  make: (_, rows, length) => {
    const filler = 'x'.repeat(length)
    const path = file(rows, (id) => `${id},${filler}\n`, 'id,filler\n')
    return Promise.resolve({ definition: fromCsv({ path }).source })
  },
})

testSourceContract({
  name: 'fromJson',
  batchRows: 500,
  fillerLength: 200,
  make: (_, rows, length) => {
    const filler = 'x'.repeat(length)
    const path = file(rows, (id) => `{"id":${id},"filler":"${filler}"}\n`)
    return Promise.resolve({ definition: fromJson({ path, format: 'lines' }).source })
  },
})

for (const [name, options] of [
  ['fromPostgres', { table: 'made', partitions: 4 }],
  // Parameters are read through a cursor, and nobody knows that the key is unique.
  [
    'fromPostgres of a query',
    { query: 'SELECT * FROM made WHERE id > $1', params: [0], cursor: 'id' },
  ],
] as const) {
  testSourceContract({
    name,
    batchRows: 1_000,
    fillerLength: 200,
    make: async (t, rows, length) => {
      const connection = await createPostgresDatabase(t)
      await execute(
        connection,
        `CREATE TABLE made (id bigint PRIMARY KEY, filler text NOT NULL);
         INSERT INTO made SELECT i, repeat('x', ${length}) FROM generate_series(1, ${rows}) i`,
      )
      return {
        definition: fromPostgres({ connection, ...options }).source,
        disturb: async () => {
          await killBackends(connection, 'readers')
        },
      }
    },
  })
}
