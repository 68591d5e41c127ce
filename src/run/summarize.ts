import { messageOf } from '../core/errors.js'
import { whyNotResumable, type Ended } from './load-started.js'
import type { StartedRun } from './started-run.js'
import type { RunSummary, VerificationResult, VerificationSummary } from './summary.js'

const NOT_VERIFIED: VerificationSummary = {
  status: 'skipped',
  sourceItems: 0,
  targetItems: 0,
  digest: '',
}

function verificationSummary(result: VerificationResult | undefined): VerificationSummary {
  if (result === undefined) return NOT_VERIFIED
  const { status, sourceItems, targetItems, targetDigest: digest } = result
  return { status, sourceItems, targetItems, digest }
}

/** The summary of a run, however it ended. */
export function summarize(
  started: StartedRun,
  ended: Ended,
  verification: VerificationResult | undefined,
  processMs: number,
): RunSummary {
  const { record, accounts, rejects, opened } = started
  const { rows, items, ...state } = accounts.state()
  const { writeUnits, throttled, elapsedMs } = ended.totals
  const { error } = ended
  return {
    event: 'summary',
    version: 1,
    pipeline: record.pipeline,
    runId: record.runId,
    status: ended.status,
    rows,
    items,
    consistency: opened.reader.consistency,
    sentDigest: state.sentDigest,
    writeUnits,
    throttled,
    durationMs: Math.round(Math.max(elapsedMs, processMs)),
    itemsPerSecond: Math.round((items.stored + items.superseded) / (elapsedMs / 1000)),
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    verification: verificationSummary(verification),
    resume:
      ended.status === 'succeeded' || whyNotResumable(started) !== undefined ? '' : record.resume,
    skippedByReason: state.skippedByReason,
    rejectedByReason: state.rejectedByReason,
    itemSizes: ended.itemSizes,
    duplicateKeySamples: state.duplicateKeySamples,
    rejectFile: rows.rejected === 0 ? undefined : rejects.path,
    error:
      error === undefined
        ? undefined
        : {
            code: error.code,
            message: messageOf(error),
            ...(error.hint === undefined ? {} : { hint: error.hint }),
          },
  }
}
