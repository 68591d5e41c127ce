import { createInterface } from 'node:readline/promises'

/** Whether there is somebody to ask. */
export function canAsk(): boolean {
  return process.stdin.isTTY
}

/** Asks on the terminal; the answer, without white space around it. */
export async function ask(question: string, signal: AbortSignal): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return (await terminal.question(question, { signal })).trim()
  } finally {
    terminal.close()
  }
}
