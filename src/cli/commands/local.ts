import { once } from 'node:events'
import { openLocal, type LocalDynamodb } from '../../local/open-local.js'
import { LOCAL_ACCESS } from '../../stores/dynamodb/connect.js'
import type { CommandContext, CommonFlags } from '../command.js'
import { EXIT, type ExitCode } from '../exit-codes.js'

/** Keeps the embedded DynamoDB running until it is told to stop. */
export async function localCommand(
  { output, stop }: CommandContext,
  flags: CommonFlags,
): Promise<ExitCode> {
  const onMessage = (message: string) => output.note(message)
  const local = await openLocal(flags.stateDir, { signal: stop.abort, onMessage })
  try {
    const { endpoint, engine, owner } = local
    output.event({ event: 'local', version: 1, endpoint, engine, owner })
    output.data([endpoint])
    output.advise(advice(local, flags, output.messageStyles.bold))
    await aborted(stop.signal)
  } finally {
    await local.close()
  }
  return EXIT.done
}

function advice(
  local: LocalDynamodb,
  flags: CommonFlags,
  bold: (text: string) => string,
): string[] {
  const { region, credentials } = LOCAL_ACCESS
  const who = local.owner ? local.engine : `${local.engine}, run by another process`
  return [
    `The embedded DynamoDB (${who}) of ${flags.stateDir} is up until Ctrl-C. For other tools:`,
    bold(`  export AWS_ENDPOINT_URL_DYNAMODB=${local.endpoint} AWS_REGION=${region} \\`),
    bold(`    AWS_ACCESS_KEY_ID=${credentials.accessKeyId} \\`),
    bold(`    AWS_SECRET_ACCESS_KEY=${credentials.secretAccessKey}`),
  ]
}

const DAY_MS = 24 * 60 * 60 * 1_000

/** Waits, and keeps the process alive meanwhile: when attached, nothing else does. */
async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  const alive = setInterval(() => undefined, DAY_MS)
  await once(signal, 'abort')
  clearInterval(alive)
}
