import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { headLine, itemLine, trailerLine } from '../../../src/formats/backup/backup-lines.js'
import { checkBackup, fromBackup } from '../../../src/sources/backup/from-backup.js'
import { resolveInputFiles } from '../../../src/stores/files/input-files.js'
import { assertNoLeaks } from '../../support/no-leaks.js'
import { temporaryFolder } from '../../support/temporary-folder.js'
import { testSourceContract } from '../contract.js'

assertNoLeaks()

const HEAD = { table: 'app', from: 'local', startedAt: '', writtenBy: '', definition: {} }

testSourceContract({
  name: 'fromBackup',
  batchRows: 500,
  fillerLength: 10,
  make: async (_, rows, fillerLength) => {
    const filler = 'x'.repeat(fillerLength)
    const hash = createHash('sha256')
    const members: Buffer[] = []
    const add = (lines: string): void => {
      hash.update(lines)
      members.push(gzipSync(lines, { level: 1 }))
    }
    add(headLine(HEAD))
    // Small members, so that what making them leaves behind is not taken for the source's.
    for (let from = 1; from <= rows; from += 1_000) {
      const ids = Array.from({ length: Math.min(1_000, rows - from + 1) }, (_id, at) => from + at)
      add(ids.map((id) => itemLine(`{"filler":{"S":"${filler}"},"id":{"N":"${id}"}}`)).join(''))
    }
    const sha256 = hash.digest('hex')
    members.push(gzipSync(trailerLine({ items: rows, sha256 })))
    const path = join(temporaryFolder(), 'app.gz')
    writeFileSync(path, Buffer.concat(members))
    const [file] = await resolveInputFiles(path)
    if (file === undefined) throw new Error('a file that was written is gone')
    const backup = await checkBackup(file, new AbortController().signal)
    return { definition: fromBackup(backup).source }
  },
})
