import type { ImageRecord } from '../../../formats/undo-log/records.js'
import type { LoggedMember, UndoLogFile } from './read-log.js'

/** Images worked on together, and the text of items that these hold at most, but for a member's. */
const IMAGES_MAX = 1_600
const TEXT_MAX = 8 * 1024 * 1024

/** Some images, and the place in the log behind them. */
export interface ImageStretch {
  readonly images: readonly ImageRecord[]
  readonly place: Pick<LoggedMember, 'end' | 'chain'>
}

/** The images of a log in order, gathered over members that are small. */
export async function* imageStretches(
  file: UndoLogFile,
  from?: Pick<LoggedMember, 'end' | 'chain'>,
): AsyncGenerator<ImageStretch> {
  let images: ImageRecord[] = []
  let textLength = 0
  let place = from
  for await (const { records, end, chain } of file.members(from)) {
    place = { end, chain }
    for (const record of records) {
      if (record.kind !== 'image') continue
      images.push(record)
      textLength += record.before?.length ?? 0
    }
    if (images.length < IMAGES_MAX && textLength < TEXT_MAX) continue
    yield { images, place }
    images = []
    textLength = 0
  }
  if (images.length > 0 && place !== undefined) yield { images, place }
}

/** Runs of at most so many. */
export function chunks<T>(values: readonly T[], length: number): T[][] {
  return Array.from({ length: Math.ceil(values.length / length) }, (_, index) =>
    values.slice(index * length, (index + 1) * length),
  )
}
