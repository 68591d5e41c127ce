import { readFileSync } from 'node:fs'

/** A process, told apart from a later one of the same number. */
export interface ProcessIdentity {
  readonly pid: number
  /** When it started, in the kernel's ticks since boot; empty where that cannot be read. */
  readonly started: string
}

export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, started: startOf(process.pid) }
}

/** Whether that very process is still running. */
export function isRunning({ pid, started }: ProcessIdentity): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // It runs as another user.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  const now = startOf(pid)
  return started === '' || now === '' || now === started
}

function startOf(pid: number): string {
  try {
    // The second field is the command in brackets, which may itself hold spaces and brackets.
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // A process that is dead and only not yet waited for does nothing any more.
    return fields[0] === 'Z' ? 'dead' : (fields[19] ?? '')
  } catch {
    return ''
  }
}
