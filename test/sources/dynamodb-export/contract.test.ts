import { fromDynamodbExport } from '../../../src/sources/from-dynamodb-export.js'
import { assertNoLeaks } from '../../support/no-leaks.js'
import { temporaryFolder } from '../../support/temporary-folder.js'
import { testSourceContract } from '../contract.js'
import { writeExport } from './write-export.js'

assertNoLeaks()

const FILES = 10

for (const gzip of [true, false]) {
  testSourceContract({
    name: `fromDynamodbExport, ${gzip ? 'packed' : 'plain'}`,
    batchRows: 500,
    fillerLength: 10,
    make: (_, rows, fillerLength) => {
      const filler = { S: 'x'.repeat(fillerLength) }
      // Small ones, so that what making them leaves behind is not taken for the source's.
      const files = Array.from({ length: FILES }, (_file, part) => {
        const from = Math.floor((rows * part) / FILES)
        const to = Math.floor((rows * (part + 1)) / FILES)
        return Array.from({ length: to - from }, (_line, index) => ({
          Item: { id: { N: String(from + index + 1) }, filler },
        }))
      })
      const path = writeExport(temporaryFolder(), { files, gzip })
      return Promise.resolve({ definition: fromDynamodbExport({ path }).source })
    },
  })
}
