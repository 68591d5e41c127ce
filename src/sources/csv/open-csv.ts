import type { Parser } from 'csv-parse'
import { HeadraceError } from '../../core/errors.js'
import { nearestName } from '../../core/known-options.js'
import type { OpenContext, SourceReader } from '../../core/source.js'
import type { CsvRow } from '../../formats/csv/row-builder.js'
import { resolveInputFiles, type InputFile } from '../../stores/files/input-files.js'
import { readBytes } from '../../stores/files/read-bytes.js'
import { csvDialect, type CsvDialect, type CsvOptions } from './csv-options.js'
import { CsvReader, type OpenCsvFile } from './csv-reader.js'
import { HeadBytes } from './head-bytes.js'
import { readHead } from './read-head.js'

/** Finds the files, and reads the head of each. */
export async function openCsv(
  options: CsvOptions,
  context: OpenContext,
): Promise<SourceReader<CsvRow>> {
  const dialect = csvDialect(options)
  const files = await resolveInputFiles(options.path)
  const { Parser: CsvParser } = await import('csv-parse')
  const open: OpenCsvFile[] = []
  try {
    for (const file of files) open.push(await openFile(file, dialect, CsvParser, context))
    assertSameColumns(open)
    for (const { head } of open) assertTypedColumns(head.columns, dialect)
  } catch (cause) {
    for (const { stream } of open) await stream?.close()
    throw cause
  }
  const [first] = files
  const many = `${[options.path].flat().join(', ')} (${files.length} files)`
  const label = files.length === 1 && first !== undefined ? first.label : many
  return new CsvReader(label, open, dialect, CsvParser, context)
}

async function openFile(
  file: InputFile,
  dialect: CsvDialect,
  CsvParser: typeof Parser,
  context: OpenContext,
): Promise<OpenCsvFile> {
  const bytes = new HeadBytes(readBytes(file, { signal: context.signal }))
  let kept = false
  try {
    const head = await readHead(bytes, file.label, dialect, CsvParser)
    if (head.columns === undefined) context.warn(`${file.label} is empty: it has no header`)
    kept = file.kind === 'stream'
    return { file, head, inflation: bytes.inflation, stream: kept ? bytes : undefined }
  } finally {
    if (!kept) await bytes.close()
  }
}

function assertSameColumns(files: readonly OpenCsvFile[]): void {
  const withHeader = files.filter(({ head }) => head.columns !== undefined)
  const [first] = withHeader
  const expected = first?.head.columns ?? []
  for (const { file, head } of withHeader.slice(1)) {
    const columns = head.columns ?? []
    const missing = expected.filter((name) => !columns.includes(name))
    const extra = columns.filter((name) => !expected.includes(name))
    if (missing.length + extra.length === 0) continue
    const differences = [
      missing.length > 0 ? `lacks ${missing.join(', ')}` : '',
      extra.length > 0 ? `adds ${extra.join(', ')}` : '',
    ]
    throw new HeadraceError(
      'SOURCE_MALFORMED',
      `${file.label} has other columns than ${first?.file.label}: it ` +
        differences.filter((said) => said !== '').join(' and '),
      { location: { of: file.label }, hint: 'Read files of other columns by another pipeline.' },
    )
  }
}

function assertTypedColumns(columns: readonly string[] | undefined, dialect: CsvDialect): void {
  if (columns === undefined) return
  for (const name of Object.keys(dialect.types)) {
    if (columns.includes(name)) continue
    const meant = nearestName(name, columns)
    throw new HeadraceError('UNKNOWN_COLUMN', `\`types\` names ${name}, which is no column`, {
      hint: meant === undefined ? `There are ${columns.join(', ')}.` : `Did you mean ${meant}?`,
    })
  }
}
