import { escaped, TEXT_STYLE } from './svg-text.js'

export interface Bar {
  readonly name: string
  readonly value: number
  readonly label: string
  /** Drawn in the colour of this project. */
  readonly ours: boolean
}

export interface BarChartOptions {
  readonly title: string
  readonly unit: string
  /** The machine, beneath the bars. */
  readonly source: string
  readonly bars: readonly Bar[]
}

const WIDTH = 720
const LEFT = 270
const RIGHT = 80
const TOP = 50
const BAR = 18
const STEP = 26

/** Tell apart on white and on black, also for the colour-blind. */
const STYLE = `${TEXT_STYLE}.ours{fill:#1c7ed6}.other{fill:#868e96}`

/** Bars from the left as an SVG text, readable on light and on dark pages. */
export function barChart({ title, unit, bars, source }: BarChartOptions): string {
  const most = Math.max(...bars.map(({ value }) => value))
  const height = TOP + bars.length * STEP + 24
  const drawn = bars.map(({ name, value, label, ours }, index) => {
    const y = TOP + index * STEP
    const width = Math.max(1, (value / most) * (WIDTH - LEFT - RIGHT))
    return (
      `<text x="${LEFT - 8}" y="${y + 13}" text-anchor="end">${escaped(name)}</text>` +
      `<rect class="${ours ? 'ours' : 'other'}" x="${LEFT}" y="${y}" width="${width.toFixed(1)}" ` +
      `height="${BAR}"/><text x="${(LEFT + width + 6).toFixed(1)}" y="${y + 13}">${label}</text>`
    )
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img">`,
    `<title>${escaped(title)}</title><style>${STYLE}</style>`,
    `<text x="8" y="18" class="title">${escaped(title)}</text>`,
    `<text x="8" y="36">${escaped(unit)}</text>`,
    ...drawn,
    `<text x="8" y="${height - 8}" class="source">${escaped(source)}</text>`,
    '</svg>\n',
  ].join('\n')
}
