import { dynoxideBinary } from '../../local/dynoxide-engine.js'
import { checkAws } from '../aws-checks.js'
import {
  checkNode,
  checkPackages,
  checkStateFolder,
  ownPackage,
  packageVersion,
  type Check,
} from '../checks.js'
import type { CommandContext, CommonFlags } from '../command.js'
import { EXIT, type ExitCode } from '../exit-codes.js'
import type { Styles } from '../styles.js'
import { alignTable } from '../table.js'
import { escapeControls } from '../terminal-text.js'

/** Checks this machine; with `--local`, only what is needed there. */
export async function doctorCommand(
  { output, stop }: CommandContext,
  flags: CommonFlags,
): Promise<ExitCode> {
  const own = ownPackage()
  const local = flags.local ?? false
  const checks: Check[] = [
    { name: 'headrace', status: 'ok', detail: own.version },
    checkNode(process.version, own.engines.node),
    checkStateFolder(flags.stateDir),
    checkLocalEngine(local),
    ...(local ? [] : await checkAws(stop.signal)),
    ...checkPackages(own),
  ]
  const failed = checks.filter(({ status }) => status === 'failed')
  output.event({ event: 'doctor', version: 1, ok: failed.length === 0, checks })
  output.data(checkLines(checks, output.styles))
  return failed.length === 0 ? EXIT.done : EXIT.failed
}

function checkLocalEngine(needed: boolean): Check {
  const name = 'embedded DynamoDB'
  const dynalite = packageVersion('dynalite')
  const engines = [
    ...(dynalite === undefined ? [] : [`dynalite ${dynalite}`]),
    ...(dynoxideBinary() === undefined ? [] : ['dynoxide']),
  ]
  if (engines.length > 0) return { name, status: 'ok', detail: engines.join(', ') }
  const status = needed ? 'failed' : 'absent'
  return { name, status, detail: 'not installed, for --local', hint: 'npm install dynalite' }
}

function checkLines(checks: readonly Check[], styles: Styles): string[] {
  const marks = { ok: styles.green('ok'), absent: styles.dim('-'), failed: styles.red('failed') }
  const rows = checks.map(({ name, status, detail, hint }) => {
    const advice = status === 'ok' || hint === undefined ? '' : `  (${hint})`
    return [marks[status], name, escapeControls(`${detail}${advice}`)]
  })
  return alignTable(rows)
}
