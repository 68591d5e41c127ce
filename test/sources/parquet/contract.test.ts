import { join } from 'node:path'
import { fromParquet } from '../../../src/sources/from-parquet.js'
import { assertNoLeaks } from '../../support/no-leaks.js'
import { temporaryFolder } from '../../support/temporary-folder.js'
import { testSourceContract } from '../contract.js'
import { writeParquet } from './write-parquet.js'

assertNoLeaks()

const folder = temporaryFolder()
let files = 0

testSourceContract({
  name: 'fromParquet',
  batchRows: 500,
  fillerLength: 20,
  make: (_, rows, fillerLength) => {
    const path = join(folder, `${++files}.parquet`)
    writeParquet(path, rows, fillerLength, 700)
    return Promise.resolve({ definition: fromParquet({ path }).source })
  },
})
