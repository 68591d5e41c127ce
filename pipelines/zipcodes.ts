// 42,049 US zip codes, CSV → one item per zip, under its state. Leading zeros stay: `01001`.
import {
  checksum,
  decimal,
  definePipeline,
  fromCsv,
  map,
  normalize,
  text,
  titleCase,
  toDynamodb,
} from 'headrace'

export default definePipeline({
  name: 'zipcodes',
  flow: fromCsv({
    path: 'node_modules/vega-datasets/data/zipcodes.csv',
    columns: ['zip_code', 'latitude', 'longitude', 'city', 'state', 'county'],
    skipLines: 1,
  })
    .pipe(
      normalize({
        city: titleCase(),
        county: text({ empty: 'absent' }),
        latitude: decimal(),
        longitude: decimal(),
      }),
    )
    .pipe(
      map((row) => ({
        pk: `STATE#${row.state}`,
        sk: `ZIP#${row.zip_code}`,
        city: row.city,
        county: row.county,
        latitude: row.latitude,
        longitude: row.longitude,
      })),
    )
    .to(
      toDynamodb({
        table: 'zipcodes',
        partitionKey: 'pk',
        sortKey: 'sk',
        create: { billing: 'on-demand' },
      }),
    ),
  verify: checksum(),
})
