const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** `42,049` */
export function formatCount(count: number): string {
  if (!Number.isFinite(count)) return '∞'
  return Math.round(count).toLocaleString('en-US')
}

/** `42,049 rows`, `1 row` */
export function formatCountOf(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`
}

/** `850 ms`, `4.2 s`, `3 min 05 s`, `2 h 10 min`, `1 d 3 h` */
export function formatDuration(durationMs: number): string {
  if (!Number.isFinite(durationMs)) return '∞'
  if (durationMs < SECOND_MS) return `${Math.round(durationMs)} ms`
  if (durationMs < 9_950) return `${(durationMs / SECOND_MS).toFixed(1)} s`
  if (durationMs < MINUTE_MS - 500) return `${Math.round(durationMs / SECOND_MS)} s`
  if (durationMs < HOUR_MS) return twoUnits(durationMs, MINUTE_MS, 'min', SECOND_MS, 's')
  if (durationMs < DAY_MS) return twoUnits(durationMs, HOUR_MS, 'h', MINUTE_MS, 'min')
  return twoUnits(durationMs, DAY_MS, 'd', HOUR_MS, 'h')
}

function twoUnits(ms: number, bigMs: number, big: string, smallMs: number, small: string): string {
  const smalls = Math.round(ms / smallMs)
  const perBig = bigMs / smallMs
  const rest = String(smalls % perBig).padStart(2, '0')
  return `${Math.floor(smalls / perBig)} ${big} ${rest} ${small}`
}

/** Bytes by powers of 1024: `412 B`, `38.1 KiB`, `143 MiB` */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let amount = bytes
  let unit = 0
  while (amount >= 1_024 && unit < units.length - 1) {
    amount /= 1_024
    unit += 1
  }
  return `${unit === 0 || amount >= 100 ? Math.round(amount) : amount.toFixed(1)} ${units[unit]}`
}

/** `$0.0263`, `$12.40`: two digits that count at least. */
export function formatUsd(usd: number): string {
  if (usd === 0 || usd >= 1) return `$${usd.toFixed(2)}`
  if (usd < 0.000_01) return 'less than $0.00001'
  const digits = Math.max(2, 1 - Math.floor(Math.log10(usd)))
  return `$${usd.toFixed(digits)}`
}

/** `12 %`, `99.9 %`: never rounded up to 100 % */
export function formatShare(fraction: number): string {
  const percent = Math.floor(Math.min(1, Math.max(0, fraction)) * 1_000) / 10
  return `${percent >= 10 && percent < 99 ? Math.floor(percent) : percent} %`
}
