import type { StudyCase } from './bench-case.js'

export const STUDY_CASES: readonly StudyCase[] = [
  {
    name: 'pacing',
    title: 'how much of a limited table a load uses, and how much is turned away',
    load: async () => (await import('../studies/pacing.js')).pacing,
  },
  {
    name: 'memory',
    title: 'memory of a run at 10 %, 50 % and 100 %',
    load: async () => (await import('../studies/memory.js')).memory,
  },
  {
    name: 'verify-differences',
    title: 'what verifying costs by how many items differ, next to reading both sides once',
    load: async () => (await import('../studies/verify.js')).verify,
  },
  {
    name: 'postgres-read-parallel',
    title: 'what limits the reading of Postgres, and what several ranges at once gain',
    load: async () => (await import('../studies/postgres-read.js')).postgresRead,
  },
  {
    name: 'flights',
    title: 'the 3,000,000 flights of vega-datasets, held against their known sums',
    load: async () => (await import('../studies/flights.js')).flights,
  },
]
