import { escaped, TEXT_STYLE } from './svg-text.js'

export interface ChartOptions {
  readonly title: string
  readonly yLabel: string
  /** The machine, beneath the chart. */
  readonly source: string
  /** What is possible at each second, as a dashed line. */
  readonly limit: (second: number) => number
  readonly series: readonly {
    readonly name: string
    readonly points: readonly { readonly x: number; readonly y: number }[]
  }[]
}

const WIDTH = 720
const HEIGHT = 320
const LEFT = 56
const RIGHT = 150
const TOP = 40
const BOTTOM = 54
/** Tell apart on white and on black, also for the colour-blind. */
const COLOURS = ['#2b8a3e', '#d9480f', '#7048e8', '#1c7ed6']

/** A chart over seconds as an SVG text, readable on light and on dark pages. */
export function lineChart({ title, yLabel, source, limit, series }: ChartOptions): string {
  const points = series.flatMap((one) => one.points)
  const xMax = Math.max(1, ...points.map(({ x }) => x))
  const seconds = Array.from({ length: Math.ceil(xMax) + 1 }, (_, second) => second)
  const yMax = Math.max(...points.map(({ y }) => y), ...seconds.map(limit)) * 1.1
  const x = (second: number) => LEFT + (second / xMax) * (WIDTH - LEFT - RIGHT)
  const y = (value: number) => HEIGHT - BOTTOM - (value / yMax) * (HEIGHT - TOP - BOTTOM)
  const path = (line: readonly { x: number; y: number }[]) =>
    line
      .map((one, i) => `${i === 0 ? 'M' : 'L'}${x(one.x).toFixed(1)} ${y(one.y).toFixed(1)}`)
      .join('')
  const limits = seconds.flatMap((second) => [
    { x: Math.min(second, xMax), y: limit(second) },
    { x: Math.min(second + 0.999, xMax), y: limit(second) },
  ])
  const lines = series.map(
    (one, i) =>
      `<path d="${path(one.points)}" stroke="${COLOURS[i % COLOURS.length]}" class="line"/>`,
  )
  const names = series.map((one, i) => {
    const at = TOP + 12 + i * 18
    return (
      `<rect x="${WIDTH - RIGHT + 14}" y="${at - 9}" width="10" height="10" ` +
      `fill="${COLOURS[i % COLOURS.length]}"/><text x="${WIDTH - RIGHT + 30}" y="${at}">${one.name}</text>`
    )
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">`,
    `<title>${title}</title>`,
    `<style>${TEXT_STYLE}`,
    '.grid{stroke:#8886;stroke-width:.5}.limit{fill:none;stroke:#888;stroke-dasharray:4 4}',
    '.line{fill:none;stroke-width:1.8;stroke-linejoin:round}</style>',
    `<text x="${LEFT}" y="18" class="title">${title}</text>`,
    `<text x="${LEFT}" y="32">${yLabel}; dashed: what is possible</text>`,
    ...ticks(yMax).map(
      (tick) =>
        `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(tick)}" y2="${y(tick)}"/>` +
        `<text x="${LEFT - 6}" y="${y(tick) + 4}" text-anchor="end">${tick.toLocaleString('en-US')}</text>`,
    ),
    ...ticks(xMax).map(
      (tick) => `<text x="${x(tick)}" y="${HEIGHT - 32}" text-anchor="middle">${tick} s</text>`,
    ),
    `<path d="${path(limits)}" class="limit"/>`,
    ...lines,
    ...names,
    `<text x="8" y="${HEIGHT - 8}" class="source">${escaped(source)}</text>`,
    '</svg>\n',
  ].join('\n')
}

/** Four to nine round numbers from 0 up. */
function ticks(max: number): number[] {
  const rough = max / 5
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power
  return Array.from({ length: Math.floor(max / step) + 1 }, (_, i) => Math.round(i * step))
}
