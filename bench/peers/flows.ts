import type { Route } from '../../src/core/route.js'
import type { Sink } from '../../src/core/sink.js'
import type { DynamodbOptions } from '../../src/sinks/dynamodb/options.js'
import { toDynamodb } from '../../src/sinks/dynamodb/to-dynamodb.js'
import { fromCsv } from '../../src/sources/from-csv.js'
import { fromDynamodb } from '../../src/sources/from-dynamodb.js'
import { fromJson } from '../../src/sources/from-json.js'
import { fromPostgres } from '../../src/sources/from-postgres.js'
import { key } from '../../src/stages/key.js'
import { map } from '../../src/stages/map.js'
import { normalize } from '../../src/stages/normalize.js'
import { email } from '../../src/stages/normalizers/email.js'
import { text } from '../../src/stages/normalizers/text.js'
import { omit } from '../../src/stages/omit.js'
import { rename } from '../../src/stages/rename.js'
import { set } from '../../src/stages/set.js'
import {
  generatedItem,
  toSmallItem,
  type LargeItem,
  type SmallItem,
  type UserRow,
} from '../rows/generated-rows.js'
import { fromGenerated } from '../rows/generated-source.js'
import { toNothing } from '../rows/null-sink.js'
import { rowFile } from '../rows/row-files.js'
import { ACCESS, type Setting } from './peer.js'

/** What is measured of Headrace: a whole way, for so many rows. */
export type FlowOf = (setting: Setting, rows: number) => Route

type Transport = NonNullable<DynamodbOptions<object>['transport']>

function standIn({ endpoint, concurrency }: Setting, transport?: Transport): Sink<SmallItem> {
  return toDynamodb<SmallItem>({
    table: 'app',
    partitionKey: 'pk',
    sortKey: 'sk',
    region: ACCESS.region,
    endpoint,
    concurrency,
    ...(transport === undefined ? {} : { transport }),
  })
}

const generatedRows = ({ size }: Setting, rows: number) =>
  fromGenerated<SmallItem | LargeItem>(rows, (id) => generatedItem(size, id))

export const generated: FlowOf = (setting, rows) =>
  generatedRows(setting, rows).to(standIn(setting))

export const generatedBySdk: FlowOf = (setting, rows) =>
  generatedRows(setting, rows).to(standIn(setting, 'sdk'))

export const generatedToNothing: FlowOf = (setting, rows) =>
  generatedRows(setting, rows).to(toNothing())

const csvRows = ({ folder }: Setting, rows: number) =>
  fromCsv<{ [K in keyof UserRow]: string }>({ path: rowFile(folder, 'csv', rows) })

export const csv: FlowOf = (setting, rows) =>
  csvRows(setting, rows)
    .pipe(
      map((row) =>
        toSmallItem({
          ...row,
          active: row.active === 'true',
          score: Number(row.score),
          visits: Number(row.visits),
        }),
      ),
    )
    .to(standIn(setting))

export const csvToNothing: FlowOf = (setting, rows) => csvRows(setting, rows).to(toNothing())

const jsonRows = ({ folder }: Setting, rows: number) =>
  fromJson<UserRow>({ path: rowFile(folder, 'jsonl', rows) })

export const json: FlowOf = (setting, rows) =>
  jsonRows(setting, rows).pipe(map(toSmallItem)).to(standIn(setting))

export const jsonToNothing: FlowOf = (setting, rows) => jsonRows(setting, rows).to(toNothing())

type PostgresUser = Omit<UserRow, 'id'> & { readonly id: bigint }

const postgresRows = ({ postgres }: Setting, rows: number) =>
  fromPostgres<PostgresUser>({ connection: postgres, table: 'users', where: `id < ${rows}` })

export const postgresMapped: FlowOf = (setting, rows) =>
  postgresRows(setting, rows)
    .pipe(map((row) => toSmallItem(row)))
    .to(standIn(setting))

/** The same items, and two columns are normalized; no function looks at the row. */
export const postgresDeclared: FlowOf = (setting, rows) =>
  postgresRows(setting, rows)
    .pipe(normalize({ email: email(), full_name: text() }))
    .pipe(set({ pk: key`USER#${'id'}`, sk: 'PROFILE' }))
    .pipe(omit('id'))
    .pipe(rename({ full_name: 'name', created_at: 'createdAt' }))
    .to(standIn(setting))

export const postgresToNothing: FlowOf = (setting, rows) =>
  postgresRows(setting, rows).to(toNothing())

export const scanToNothing: FlowOf = ({ endpoint }) =>
  fromDynamodb({ table: 'app', region: ACCESS.region, endpoint }).to(toNothing())
