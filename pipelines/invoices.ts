// Invoices with their lines inside, MongoDB → one item for the invoice and one for each line, under
// one key. Set MONGO_URL (mongodb://host/database). To try it, in mongosh:
//   for (let n = 1; n <= 1000; n++) db.invoices.insertOne({ customer: { name: `C${n % 50}` },
//     issuedAt: new Date(1.7e12 + n * 1e6), lines: Array.from({ length: n % 5 }, (_, i) =>
//     ({ sku: `S${i}`, quantity: NumberLong(i + 1), price: NumberDecimal(`${n}.90`) })) })
import {
  checksum,
  definePipeline,
  env,
  fromMongodb,
  map,
  toDynamodb,
  type NumberValue,
} from 'headrace'

interface Invoice {
  _id: string
  customer: { name: string }
  issuedAt: string
  lines: { sku: string; quantity: bigint; price: NumberValue }[]
}

export default definePipeline({
  name: 'invoices',
  flow: fromMongodb<Invoice>({ connection: env('MONGO_URL'), collection: 'invoices' })
    .pipe(
      map(({ _id: id, customer, issuedAt, lines }) => [
        { pk: `INVOICE#${id}`, sk: 'INVOICE', customer: customer.name, issuedAt },
        ...lines.map((line, index) => ({
          pk: `INVOICE#${id}`,
          sk: `LINE#${String(index + 1).padStart(4, '0')}`,
          ...line,
        })),
      ]),
    )
    // _id is unique, and so are the keys made of it: ranges may be read in parallel.
    .to(
      toDynamodb({
        table: 'invoices',
        partitionKey: 'pk',
        sortKey: 'sk',
        create: { billing: 'on-demand' },
        uniqueKeys: true,
      }),
    ),
  verify: checksum(),
})
