import { duration, short } from './figures.js'
import { html, type Markup } from './html.js'

/** One line of a chart. */
export interface Line {
  readonly name: string
  /** Which of the colours of the page. */
  readonly color: 1 | 2 | 3
  readonly dashed?: boolean
  /** Values at the chart's times; `undefined` where there is none. */
  readonly values: readonly (number | undefined)[]
}

const WIDTH = 640
const HEIGHT = 220
const LEFT = 46
const RIGHT = 8
const TOP = 10
const BOTTOM = 24
const STEPS = 4

/** Values over time. `times` are ms since the start, ascending; at least two. */
export function lineChart(title: string, times: readonly number[], lines: readonly Line[]): Markup {
  const end = Math.max(times.at(-1) ?? 0, 1)
  const top = niceTop(Math.max(...lines.flatMap(({ values }) => values.map(finite)), 1))
  const x = (time: number) => LEFT + (time / end) * (WIDTH - LEFT - RIGHT)
  const y = (value: number) => HEIGHT - BOTTOM - (value / top) * (HEIGHT - TOP - BOTTOM)
  const steps = Array.from({ length: STEPS + 1 }, (_, step) => step / STEPS)
  return html`<figure>
    <figcaption>${title}</figcaption>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${describe(title, lines)}">
      ${steps.map(
        (step) =>
          html`<line
              class="grid"
              x1="${LEFT}"
              x2="${WIDTH - RIGHT}"
              y1="${y(step * top)}"
              y2="${y(step * top)}"
            />
            <text class="axis" x="${LEFT - 6}" y="${y(step * top) + 4}" text-anchor="end"
              >${short(step * top)}</text
            >`,
      )}
      ${[0, 0.5, 1].map(
        (step) =>
          html`<text
            class="axis"
            x="${x(step * end)}"
            y="${HEIGHT - 6}"
            text-anchor="${anchor(step)}"
            >${duration(step * end)}</text
          >`,
      )}
      ${lines.map(
        (line) =>
          html`<path
            class="line color${line.color}${line.dashed === true ? ' dashed' : ''}"
            d="${path(times, line.values, x, y)}"
          />`,
      )}
    </svg>
    <p class="legend">
      ${lines.map(
        ({ name, color, dashed }) =>
          html`<span
            ><i class="color${color}${dashed === true ? ' dashed' : ''}"></i>${name}</span
          >`,
      )}
    </p>
  </figure>`
}

function path(
  times: readonly number[],
  values: readonly (number | undefined)[],
  x: (time: number) => number,
  y: (value: number) => number,
): string {
  let pen = 'M'
  let drawn = ''
  values.forEach((value, index) => {
    if (value === undefined || !Number.isFinite(value)) {
      pen = 'M'
      return
    }
    drawn += `${pen}${x(times[index] ?? 0).toFixed(1)} ${y(value).toFixed(1)}`
    pen = 'L'
  })
  return drawn
}

function describe(title: string, lines: readonly Line[]): string {
  const peaks = lines.map(
    ({ name, values }) => `${name} up to ${short(Math.max(...values.map(finite), 0))}`,
  )
  return `${title}: ${peaks.join(', ')}`
}

function finite(value: number | undefined): number {
  return value === undefined || !Number.isFinite(value) ? 0 : value
}

function anchor(step: number): string {
  return step === 0 ? 'start' : step === 1 ? 'end' : 'middle'
}

/** The next of 1, 2, 2.5, 5 times a power of ten. */
function niceTop(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most))
  return power * ([1, 2, 2.5, 5, 10].find((step) => step * power >= most) ?? 10)
}
