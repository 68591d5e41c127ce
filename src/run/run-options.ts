import { HeadraceError } from '../core/errors.js'
import type { PlanOptions, RunOptions } from './options.js'

/** @throws HeadraceError `USAGE` naming the first option that is wrong */
export function checkRunOptions(options: RunOptions): void {
  wholeFrom('limit', options.limit, 0)
  wholeFrom('maxWriteUnits', options.maxWriteUnits, 1)
  wholeFrom('concurrency', options.concurrency, 1)
}

/** @throws HeadraceError `USAGE` */
export function checkPlanOptions(options: PlanOptions): void {
  wholeFrom('sample', options.sample, 1)
}

function wholeFrom(name: string, value: number | undefined, least: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least)) return
  throw new HeadraceError(
    'USAGE',
    `Expected \`${name}\` to be a whole number from ${least} up, got ${String(value)}`,
  )
}
