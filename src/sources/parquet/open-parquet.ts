import { HeadraceError, messageOf } from '../../core/errors.js'
import { nearestName } from '../../core/known-options.js'
import type { OpenContext, SourceReader } from '../../core/source.js'
import { resolveInputFiles } from '../../stores/files/input-files.js'
import { ParquetFile, type ParquetDriver } from './parquet-file.js'
import type { ParquetOptions } from './parquet-options.js'
import { ParquetReader, rowsOf, type ParquetPart } from './parquet-reader.js'

/** Finds the files, and reads the schema of each. */
export async function openParquet(
  options: ParquetOptions,
  context: OpenContext,
): Promise<SourceReader<object>> {
  const files = await resolveInputFiles(options.path)
  const driver = await loadDriver()
  const open: ParquetFile[] = []
  try {
    for (const file of files) open.push(await ParquetFile.open(file, driver))
    const columns = commonColumns(open, options)
    const [first] = files
    const many = `${[options.path].flat().join(', ')} (${files.length} files)`
    const label = files.length === 1 && first !== undefined ? first.label : many
    const partitions = partitionsOf(open, context)
    return new ParquetReader(label, open, partitions, columns, options.types, context)
  } catch (error) {
    await Promise.all(open.map((file) => file.close()))
    throw error
  }
}

/** Each file, or each row group where many are read at once; as before in a run that goes on. */
function partitionsOf(files: readonly ParquetFile[], context: OpenContext): ParquetPart[] {
  const earlier = context.earlier?.partitions
  const byGroup =
    earlier === undefined
      ? context.parallel > 1
      : files.every(({ file }) => !earlier.includes(file.id))
  return files.flatMap((open): ParquetPart[] => {
    const { id, size: bytes = 0 } = open.file
    const { row_groups: groups } = open.metadata
    if (!byGroup) return [{ id, open, first: 0, end: groups.length, rows: rowsOf(groups), bytes }]
    return groups.map((group, index) => {
      const rows = Number(group.num_rows)
      return { id: `${id}#${index}`, open, first: index, end: index + 1, rows }
    })
  })
}

/** @throws HeadraceError `SOURCE_MALFORMED` where files differ, `UNKNOWN_COLUMN` */
function commonColumns(
  files: readonly ParquetFile[],
  { columns, types = {} }: ParquetOptions,
): readonly string[] {
  const [first, ...others] = files
  const all = first === undefined ? [] : namesOf(first)
  for (const other of others) {
    const names = namesOf(other)
    const odd = [
      ...all.filter((name) => !names.includes(name)).map((name) => `lacks ${name}`),
      ...names.filter((name) => !all.includes(name)).map((name) => `adds ${name}`),
    ]
    if (odd.length === 0) continue
    throw new HeadraceError(
      'SOURCE_MALFORMED',
      `${other.file.label} has other columns than ${first?.file.label}: it ${odd.join(', ')}`,
      {
        location: { of: other.file.label },
        hint: 'Read files of other columns by another pipeline.',
      },
    )
  }
  for (const [option, names] of Object.entries({ columns, types: Object.keys(types) })) {
    for (const name of names ?? []) requireColumn(name, option, all)
  }
  return columns ?? all
}

function namesOf({ schema, file }: ParquetFile): readonly string[] {
  const names = schema.map(({ element }) => element.name)
  const twice = names.find((name, index) => names.indexOf(name) < index)
  if (twice === undefined) return names
  throw new HeadraceError('SOURCE_MALFORMED', `${file.label} has two columns named ${twice}`, {
    location: { of: file.label },
  })
}

function requireColumn(name: string, option: string, all: readonly string[]): void {
  if (all.includes(name)) return
  const meant = nearestName(name, all)
  throw new HeadraceError('UNKNOWN_COLUMN', `\`${option}\` names ${name}, which is no column`, {
    hint: meant === undefined ? `There are ${all.join(', ')}.` : `Did you mean ${meant}?`,
  })
}

async function loadDriver(): Promise<ParquetDriver> {
  try {
    const hyparquet = await import('hyparquet')
    const { compressors } = await import('hyparquet-compressors')
    return { hyparquet, compressors }
  } catch (cause) {
    throw new HeadraceError('DRIVER_MISSING', `hyparquet cannot be loaded: ${messageOf(cause)}`, {
      hint: 'Install it: npm install hyparquet hyparquet-compressors',
      cause,
    })
  }
}
