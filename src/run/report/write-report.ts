import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stateFailure } from '../../stores/spill/state-file.js'
import { readJsonFile, writeJsonFile } from '../state-folder.js'
import type { Series } from '../series.js'
import { reportPage, type ReportParts } from './report-page.js'

const SERIES_FILE = 'series.json'
const REPORT_FILE = 'report.html'

/** What earlier processes of a run recorded over time. */
export async function loadSeries(runFolder: string): Promise<Series | undefined> {
  return (await readJsonFile(join(runFolder, SERIES_FILE))) as unknown as Series | undefined
}

/** Leaves the report in the folder of its run, and what a resume needs to make the next. */
export async function writeReport(runFolder: string, parts: ReportParts): Promise<void> {
  await writeJsonFile(join(runFolder, SERIES_FILE), parts.series)
  const path = join(runFolder, REPORT_FILE)
  try {
    await writeFile(path, reportPage(parts), { mode: 0o600 })
  } catch (error) {
    throw stateFailure('write', path, error)
  }
}
