import { readdirSync, readFileSync } from 'node:fs'
import { Client } from 'pg'

/** Linux counts processor time for users in these. */
const TICKS_PER_SECOND = 100

/** Places in `/proc/<pid>/stat` behind the name: `man 5 proc`, less two. */
const STAT = { parent: 1, own: [11, 12], reaped: [13, 14] } as const

/** The process that a server of this machine runs under; `undefined` where it cannot be seen. */
export async function serverProcess(url: string): Promise<number | undefined> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
    const parent = statOf(rows[0]?.pid)?.[STAT.parent]
    return parent === undefined ? undefined : Number(parent)
  } finally {
    await client.end()
  }
}

/** Processor time of a process, its children, and those that have ended. */
export function cpuMsWithChildren(pid: number): number {
  const own = statOf(pid) ?? []
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => statOf(Number(name)))
    .filter((stat) => Number(stat?.[STAT.parent]) === pid)
  const ticks = [
    ...[...STAT.own, ...STAT.reaped].map((place) => own[place]),
    ...children.flatMap((stat) => STAT.own.map((place) => stat?.[place])),
  ]
  return ticks.reduce((sum, tick) => sum + Number(tick), 0) * (1_000 / TICKS_PER_SECOND)
}

/** `undefined` for a process that there is not, or not any more. */
function statOf(pid: number | undefined): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}
