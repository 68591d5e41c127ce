import { setTimeout as sleep } from 'node:timers/promises'
import { HeadraceError } from '../core/errors.js'
import { formatLocation, type RowBatch } from '../core/row-batch.js'
import type { RunContext } from '../core/run-context.js'
import type { Stage } from '../core/stage.js'
import { truncateBatch } from '../core/truncate-batch.js'
import { stringifyRow } from '../formats/json/row-json.js'
import { stagedOnce } from './staged-batches.js'

const SAMPLE_ROWS = 20
/** Enough for a clock read by a stage to show. */
const BETWEEN_MS = 3

/**
 * Maps a sample twice: stages must be pure functions of the row, since resume, retry and
 * verification apply them again.
 * @throws HeadraceError `IMPURE_STAGE` naming the row and the attribute that differs
 */
export async function checkPurity(
  batch: RowBatch,
  stages: readonly Stage<never, unknown>[],
  run: RunContext,
  signal: AbortSignal,
): Promise<void> {
  if (stages.length === 0) return
  const sample = truncateBatch(batch, Math.min(SAMPLE_ROWS, batch.slice.count))
  const first = (await stagedOnce(sample, stages, run, signal)).flatMap(outcomes)
  await sleep(BETWEEN_MS)
  const second = (await stagedOnce(sample, stages, run, signal)).flatMap(outcomes)
  for (let index = 0; index < Math.max(first.length, second.length); index += 1) {
    const [one, other] = [first[index], second[index]]
    if (one?.text === other?.text) continue
    throw impure(one ?? (other as Outcome), difference(one, other), batch)
  }
}

interface Outcome {
  readonly row: number
  readonly item: unknown
  readonly text: string
}

function outcomes(batch: RowBatch): Outcome[] {
  const items = batch.rows.map((item, index) => {
    const row = batch.origins?.[index] ?? index
    return { row, item, text: `${row} ${stringifyRow(item)}` }
  })
  const others = [...batch.skipped, ...batch.rejected].map(({ row, reason }) => {
    return { row, item: undefined, text: `${row} ${reason}` }
  })
  return [...items, ...others]
}

function difference(one: Outcome | undefined, other: Outcome | undefined): string {
  if (!isRecord(one?.item) || !isRecord(other?.item)) return 'another outcome'
  for (const name of new Set([...Object.keys(one.item), ...Object.keys(other.item)])) {
    const [was, is] = [stringifyRow(one.item[name]), stringifyRow(other.item[name])]
    if (was !== is) return `another ${name}: first ${brief(was)}, then ${brief(is)}`
  }
  return 'attributes in another order'
}

function impure(outcome: Outcome, what: string, batch: RowBatch): HeadraceError {
  const location = batch.slice.locate(outcome.row)
  return new HeadraceError(
    'IMPURE_STAGE',
    `Mapping the row at ${formatLocation(location)} again gives ${what}`,
    {
      location,
      hint:
        'Stages must give the same for the same row, since resume and verification apply them ' +
        'again: use run.startedAt for the time and uuidFrom(…) for ids.',
    },
  )
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function brief(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 59)}…`
}
