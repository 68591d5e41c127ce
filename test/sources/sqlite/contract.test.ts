import { fromSqlite, type SqliteOptions } from '../../../src/sources/from-sqlite.js'
import { assertNoLeaks } from '../../support/no-leaks.js'
import { testSourceContract } from '../contract.js'
import { counted, database } from './sqlite-database.js'

assertNoLeaks()

const CASES: readonly (readonly [name: string, made: string, read: Partial<SqliteOptions>])[] = [
  ['a table', 'TABLE t (id INTEGER PRIMARY KEY, filler)', { table: 't' }],
  ['WITHOUT ROWID', 'TABLE t (id INTEGER PRIMARY KEY, filler) WITHOUT ROWID', { table: 't' }],
  [
    'a query',
    'TABLE t (id INTEGER PRIMARY KEY, filler)',
    { query: 'SELECT * FROM t', cursor: 'id' },
  ],
]

for (const [name, made, read] of CASES) {
  testSourceContract({
    name: `fromSqlite of ${name}`,
    // The first page; the next are twice as large each.
    batchRows: 50,
    fillerLength: 20,
    make: (_, rows, fillerLength) => {
      const filled = counted(rows, `x, substr(hex(zeroblob(${fillerLength})), 1, ${fillerLength})`)
      const path = database(`CREATE ${made}; INSERT INTO t ${filled} WHERE ${rows} > 0`)
      return Promise.resolve({ definition: fromSqlite({ path, ...read } as SqliteOptions).source })
    },
  })
}
