// In place, in the table that zipcodes.ts fills: latitude and longitude → one `position`.
// headrace run pipelines/zipcodes.ts --local && headrace run pipelines/zipcodes-position.ts --local
import { absent, allDone, definePipeline, migrate } from 'headrace'

interface Zipcode {
  pk: string
  sk: string
  latitude?: number
  longitude?: number
  position?: { latitude: number; longitude: number }
}

export default definePipeline({
  name: 'zipcodes-position',
  flow: migrate<Zipcode>({
    table: 'zipcodes',
    partitionKey: 'pk',
    sortKey: 'sk',
    done: (item) => item.latitude === undefined && item.longitude === undefined,
    change: ({ latitude, longitude }) => ({
      position: { latitude, longitude },
      latitude: absent,
      longitude: absent,
    }),
  }),
  verify: allDone(),
})
