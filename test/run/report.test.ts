import assert from 'node:assert/strict'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { checksum, definePipeline, map, reject, run, toDynamodb } from '../../src/index.js'
import { html, Markup } from '../../src/run/report/html.js'
import { lineChart } from '../../src/run/report/line-chart.js'
import { NOTHING_YET } from '../../src/run/progress.js'
import { SeriesRecorder } from '../../src/run/series.js'
import { fromArray } from '../support/array-source.js'
import { browse, CHROMIUM } from '../support/chromium.js'
import { startDynamodb } from '../support/dynamodb.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const NASTY = '</code><script>alert("1")</script>&\u0007'

describe('a report', () => {
  test('escapes what is data, and only that', () => {
    const page = html`<p title="${`"'`}">${NASTY}${[new Markup('<b>'), 1, undefined, '</b>']}</p>`
    assert.equal(
      page.text,
      '<p title="&quot;&#39;">&lt;/code&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;' +
        '\u2407<b>1&lt;/b&gt;</p>',
    )
  })

  test('draws gaps where there is no value, and axes that end on round numbers', () => {
    const values = [1, undefined, 3, 4]
    const { text } = lineChart('Speed', [0, 10, 20, 30], [{ name: 'speed', color: 1, values }])
    const [, path] = / d="([^"]+)"/.exec(text) ?? []
    assert.equal(path?.match(/M/g)?.length, 2)
    assert.equal(path?.match(/L/g)?.length, 1)
    assert.match(text, />5</)
    assert.doesNotMatch(text, /NaN|Infinity|undefined/)
  })

  test('records any duration in a bounded series that keeps the totals', () => {
    const recorder = new SeriesRecorder()
    const hours = 12
    for (let at = 0; at <= hours * 3_600_000; at += 500) {
      const rows = { ...NOTHING_YET.rows, read: at }
      const moment = { ...NOTHING_YET, pipeline: 'p', runId: 'r', phase: 'reading' as const }
      recorder.take({ ...moment, rows, elapsedMs: at, limitUnitsPerSecond: 7 }, at / 2)
    }
    const { times, rowsPerSecond, writeUnitsPerSecond, limitUnitsPerSecond } = recorder.series
    assert.ok(times.length > 200 && times.length <= 600, `${times.length} points`)
    for (const list of Object.values(recorder.series) as unknown[][]) {
      assert.equal(list.length, times.length)
    }
    assert.deepEqual(new Set(rowsPerSecond.map(Math.round)), new Set([1000]))
    assert.deepEqual(new Set(writeUnitsPerSecond.map(Math.round)), new Set([500]))
    assert.deepEqual(new Set(limitUnitsPerSecond), new Set([7]))
    const resumed = new SeriesRecorder(structuredClone(recorder.series))
    assert.equal(resumed.series.times.length, times.length)
  })

  test('is left by a run, private, whole and quiet in a real browser', async (t) => {
    const { endpoint } = await startDynamodb(t)
    process.env['AWS_ACCESS_KEY_ID'] = 'test'
    process.env['AWS_SECRET_ACCESS_KEY'] = 'test'
    const rows = Array.from({ length: 4_000 }, (_, number) => ({ number }))
    const pipeline = definePipeline({
      name: 'reported',
      flow: fromArray(rows)
        .pipe(
          map(({ number }) =>
            number % 1_000 === 5 ? reject(NASTY) : { pk: number < 2 ? NASTY : `k${number}` },
          ),
        )
        .to(
          toDynamodb({ table: 'app', partitionKey: 'pk', create: {}, endpoint, region: 'local' }),
        ),
      verify: checksum(),
      limits: { rejects: 10 },
    })
    const stateDir = temporaryFolder()
    const summary = await run(pipeline, { stateDir })
    const path = join(stateDir, 'runs', summary.runId, 'report.html')
    assert.equal(statSync(path).mode & 0o777, 0o600)
    const page = readFileSync(path, 'utf8')
    assert.doesNotMatch(page, /<script|https?:\/\/(?!127)|src=|href=/)
    assert.match(page, /default-src 'none'/)
    assert.match(page, /3,996/)
    if (CHROMIUM === undefined) {
      t.diagnostic('not opened in a browser: there is no Chromium on this machine')
      return
    }
    const url = pathToFileURL(path).href
    const dom = await browse(['--dump-dom'], url)
    assert.match(dom, /<h1>reported/)
    assert.match(dom, /match/)
    assert.doesNotMatch(dom, /<script/)
    for (const width of [500, 1_200]) {
      assert.equal(await overflowAt(width, page, stateDir), `fits ${width}`)
    }
  })
})

/** Measures a copy of the page that is allowed to measure itself. */
async function overflowAt(width: number, page: string, folder: string): Promise<string> {
  const measuring = page.replace(/<meta[^>]+Content-Security-Policy[^>]+>/s, '').replace(
    '</body>',
    `<p id="verdict"></p><script>
        const { scrollWidth, clientWidth } = document.documentElement
        document.querySelector('#verdict').textContent =
          (scrollWidth <= clientWidth ? 'fits' : scrollWidth + ' does not fit') + ' ' + clientWidth
      </script></body>`,
  )
  const path = join(folder, `measuring-${width}.html`)
  writeFileSync(path, measuring)
  const dom = await browse([`--window-size=${width},900`, '--dump-dom'], pathToFileURL(path).href)
  return /<p id="verdict">([^<]*)/.exec(dom)?.[1] ?? 'no answer'
}
