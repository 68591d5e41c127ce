// 3,376 US airports, CSV → one profile per airport, plus one entry in the list of its state.
import {
  checksum,
  decimal,
  definePipeline,
  fromCsv,
  map,
  normalize,
  text,
  toDynamodb,
} from 'headrace'

interface AirportRow {
  iata: string
  name: string
  city: string | null
  state: string | null
  country: string
  latitude: string
  longitude: string
}

export default definePipeline({
  name: 'airports',
  flow: fromCsv<AirportRow>({
    path: 'node_modules/vega-datasets/data/airports.csv',
    nulls: ['NA'],
  })
    .pipe(
      normalize({
        name: text({ collapse: true }),
        city: text().optional(),
        state: text().optional(),
        latitude: decimal(),
        longitude: decimal(),
      }),
    )
    .pipe(
      map((airport) => [
        {
          pk: `AIRPORT#${airport.iata}`,
          sk: 'PROFILE',
          name: airport.name,
          city: airport.city,
          country: airport.country,
          latitude: airport.latitude,
          longitude: airport.longitude,
        },
        {
          pk: `STATE#${airport.state ?? 'none'}`,
          sk: `AIRPORT#${airport.iata}`,
          name: airport.name,
        },
      ]),
    )
    .to(
      toDynamodb({
        table: 'airports',
        partitionKey: 'pk',
        sortKey: 'sk',
        create: { billing: 'on-demand' },
      }),
    ),
  verify: checksum(),
})
