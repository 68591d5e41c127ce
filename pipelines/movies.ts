// 3,201 movies, JSON → one item per title. The data is dirty, on purpose left as it is found:
// a title that is a number (300, 1776, …) is rejected, since whether it was text cannot be told;
// a movie without a title is skipped; of movies that share a title the last one wins, counted.
import {
  checksum,
  definePipeline,
  filter,
  fromJson,
  instant,
  map,
  normalize,
  oneOf,
  text,
  toDynamodb,
} from 'headrace'

interface MovieRow {
  Title: string | number | null
  'US Gross': number | null
  'Production Budget': number | null
  'Release Date': string
  'MPAA Rating': string | null
  'Running Time min': number | null
  Director: string | null
  'IMDB Rating': number | null
}

const ratings = ['G', 'PG', 'PG-13', 'R', 'NC-17', 'Open', 'Not Rated'] as const

export default definePipeline({
  name: 'movies',
  flow: fromJson<MovieRow>({ path: 'node_modules/vega-datasets/data/movies.json' })
    .pipe(
      filter((movie): movie is MovieRow & { Title: string } => movie.Title !== null, 'no title'),
    )
    .pipe(
      normalize({
        Title: text({ collapse: true }),
        'Release Date': instant({ from: ['MMM dd yyyy'], to: 'date' }),
        'MPAA Rating': oneOf(ratings).default('Not Rated'),
        Director: text().optional(),
      }),
    )
    .pipe(
      map((movie) => ({
        pk: `MOVIE#${movie.Title}`,
        released: movie['Release Date'],
        rating: movie['MPAA Rating'],
        director: movie.Director,
        usGross: movie['US Gross'],
        budget: movie['Production Budget'],
        minutes: movie['Running Time min'] ?? undefined,
        imdb: movie['IMDB Rating'] ?? undefined,
      })),
    )
    .to(toDynamodb({ table: 'movies', partitionKey: 'pk', create: { billing: 'on-demand' } })),
  verify: checksum(),
  limits: { rejects: '1%' },
})
