import type { RunRecord } from '../journal.js'
import type { Series } from '../series.js'
import type { RunSummary, VerificationResult } from '../summary.js'
import { barChart } from './bar-chart.js'
import { bytes, duration, whole } from './figures.js'
import { html, Markup } from './html.js'
import { lineChart } from './line-chart.js'
import { PAGE_STYLE } from './page-style.js'

/** What a report is made of. */
export interface ReportParts {
  readonly record: RunRecord
  readonly summary: RunSummary
  readonly series: Series
  readonly verification: VerificationResult | undefined
  /** Of this package and of Node. */
  readonly versions: Readonly<Record<string, string>>
}

const REASONS_SHOWN_MAX = 12

/** The report of a run: one page that needs nothing but itself. */
export function reportPage(parts: ReportParts): string {
  const { record, summary } = parts
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'"
        />
        <title>${summary.pipeline}: ${summary.status}</title>
        <style>
          ${new Markup(PAGE_STYLE)}
        </style>
      </head>
      <body>
        <h1>${summary.pipeline}${statusBadge(summary)}</h1>
        <p class="sub">
          ${summary.runId}, started ${record.startedAt.replace('T', ' ').slice(0, 19)} UTC
        </p>
        ${failure(summary)} ${tiles(summary)} ${charts(parts)} ${verificationPart(parts)}
        ${reasons(summary)} ${duplicates(summary)} ${about(parts)}
      </body>
    </html>`
  return `${page.text}\n`
}

function statusBadge({ status, verification }: RunSummary): Markup {
  const verified = verification.status === 'differ' ? ', but differs' : ''
  const tone =
    status !== 'succeeded'
      ? status === 'failed'
        ? 'bad'
        : 'warn'
      : verified === ''
        ? 'good'
        : 'bad'
  return html`<span class="status ${tone}">${status}${verified}</span>`
}

function failure({ error, resume }: RunSummary): Markup | undefined {
  if (error === undefined) return undefined
  return html`<p class="bad"><b>${error.code}</b> ${error.message}</p>
    ${error.hint === undefined ? undefined : html`<p>${error.hint}</p>`}
    ${
      resume === ''
        ? undefined
        : html`<p>To go on:</p>
            <pre>${resume}</pre>`
    }`
}

function tiles({ rows, items, ...summary }: RunSummary): Markup {
  const facts: (readonly [string, string])[] = [
    ['rows read', whole(rows.read)],
    ['rows stored', whole(rows.stored)],
    ['superseded', whole(rows.superseded)],
    ['skipped', whole(rows.skipped)],
    ['rejected', whole(rows.rejected)],
    ['items stored', whole(items.stored)],
    ['items a second', whole(summary.itemsPerSecond)],
    ['write units', whole(summary.writeUnits)],
    ['throttled items', whole(summary.throttled)],
    ['duration', duration(summary.durationMs)],
    ['memory at most', bytes(summary.peakRssBytes)],
    ['source', summary.consistency],
  ]
  return html`<div class="tiles">
    ${facts.map(
      ([name, value]) => html`<div class="tile"><b>${value}</b><span>${name}</span></div>`,
    )}
  </div>`
}

function charts({ series, summary }: ReportParts): Markup {
  const { times } = series
  if (times.length < 2)
    return html`<h2>Over time</h2>
      <p>The run was too short to draw.</p>`
  const limit = series.limitUnitsPerSecond
  const sizes = sizeBars(summary.itemSizes)
  return html`<h2>Over time</h2>
    <div class="charts">
      ${lineChart('Throughput', times, [
        { name: 'items stored a second', color: 1, values: series.itemsPerSecond },
        { name: 'rows read a second', color: 3, values: series.rowsPerSecond },
      ])}
      ${lineChart('Write units a second', times, [
        { name: 'used', color: 1, values: series.writeUnitsPerSecond },
        ...(limit.some((value) => value !== undefined)
          ? [{ name: 'limit', color: 2, dashed: true, values: limit } as const]
          : []),
      ])}
      ${lineChart('Throttled and rejected', times, [
        { name: 'items throttled a second', color: 2, values: series.throttledPerSecond },
        { name: 'rows rejected a second', color: 3, values: series.rejectedPerSecond },
      ])}
      ${sizes.length === 0 ? undefined : barChart('Item sizes', sizes)}
    </div>`
}

function sizeBars(sizes: readonly number[]): (readonly [string, number])[] {
  const first = sizes.findIndex((count) => count > 0)
  const last = sizes.findLastIndex((count) => count > 0)
  if (first < 0) return []
  return sizes
    .slice(first, last + 1)
    .map((count, index) => [`up to ${bytes(2 ** (first + index))}`, count] as const)
}

function verificationPart({ summary, verification }: ReportParts): Markup {
  const { status, sourceItems, targetItems, digest } = summary.verification
  if (status === 'skipped')
    return html`<h2>Verification</h2>
      <p>Not verified by this run.</p>`
  const tone = status === 'match' ? 'good' : 'bad'
  const counts = html`<p>
    <b class="${tone}">${status}</b>: ${whole(sourceItems)} items in the source,
    ${whole(targetItems)} in the target.${digest && html` Digest <code>${digest}</code>`}
  </p>`
  if (verification === undefined)
    return html`<h2>Verification</h2>
      ${counts}`
  const { missing, extra, different, changedSince, examples, missProbability } = verification
  return html`<h2>Verification</h2>
    ${counts}
    <p>
      ${whole(missing)} missing, ${whole(extra)} extra, ${whole(different)} different,
      ${whole(changedSince)} changed since. A difference goes unnoticed with a probability of at
      most ${missProbability.toExponential(1)}.
    </p>
    ${leftOut(verification.excluded)}
    ${
      examples.length === 0
        ? undefined
        : html`<table>
            <tr>
              <th scope="col">difference</th>
              <th scope="col">key</th>
              <th scope="col">attributes</th>
            </tr>
            ${examples.map(
              ({ kind, key, attributes }) =>
                html`<tr>
                  <td>${kind}</td>
                  <td><code>${key}</code></td>
                  <td>${attributes?.join(', ')}</td>
                </tr>`,
            )}
          </table>`
    }`
}

function leftOut(excluded: readonly string[]): Markup | undefined {
  return excluded.length === 0 ? undefined : html`<p>Left out: ${excluded.join('; ')}.</p>`
}

function reasons({ rejectedByReason, skippedByReason, rejectFile }: RunSummary): Markup {
  const rejected = Object.entries(rejectedByReason).slice(0, REASONS_SHOWN_MAX)
  const skipped = Object.entries(skippedByReason).slice(0, REASONS_SHOWN_MAX)
  if (rejected.length === 0 && skipped.length === 0) return html``
  return html`<h2>Left out</h2>
    <div class="charts">
      ${rejected.length === 0 ? undefined : barChart('Rejected, by reason', rejected)}
      ${skipped.length === 0 ? undefined : barChart('Skipped, by reason', skipped)}
    </div>
    ${
      rejectFile === undefined
        ? undefined
        : html`<p>
            Each rejected row, with its place: <code>rejects.jsonl</code>, beside this page.
          </p>`
    }`
}

function duplicates({ items, duplicateKeySamples }: RunSummary): Markup {
  if (items.duplicateKeys === 0) return html``
  return html`<h2>Keys that several rows share</h2>
    <p>${whole(items.duplicateKeys)} items had a key that another row had before, such as:</p>
    <pre>${duplicateKeySamples.join('\n')}</pre>`
}

function about({ record, versions }: ReportParts): Markup {
  const facts: (readonly [string, string])[] = [
    ['pipeline file', record.file ?? 'from code'],
    ['source', JSON.stringify(record.source)],
    ['target', JSON.stringify(record.target)],
    ['limit', record.limit === undefined ? 'none' : `${whole(record.limit)} rows`],
    ['machine', record.process.host],
    ...Object.entries(versions),
  ]
  return html`<h2>About the run</h2>
    <table>
      ${facts.map(
        ([name, value]) =>
          html`<tr>
            <th scope="row">${name}</th>
            <td>${value}</td>
          </tr>`,
      )}
    </table>
    <h2>Definition</h2>
    <pre>${JSON.stringify(record.plan, undefined, 2)}</pre>
    <footer>
      headrace ${versions['headrace']}. What was sent has the digest
      ${record.summary?.sentDigest ?? ''}.
    </footer>`
}
