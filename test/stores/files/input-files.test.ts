import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { HeadraceError } from '../../../src/core/errors.js'
import { hasChanged, resolveInputFiles } from '../../../src/stores/files/input-files.js'

describe('resolveInputFiles', () => {
  let folder = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'headrace-files-'))
    await mkdir(join(folder, 'deep', 'deeper'), { recursive: true })
    await mkdir(join(folder, 'dir.csv'))
    for (const name of ['b.csv', 'a.csv', 'c.txt', '.hidden.csv', '[x].csv', 'deep/d.csv']) {
      await writeFile(join(folder, name), `${name}\n`)
    }
    await writeFile(join(folder, 'deep', 'deeper', 'e.csv'), '')
    await symlink(folder, join(folder, 'deep', 'circle'))
  })
  after(() => rm(folder, { recursive: true }))

  const ids = async (path: string | readonly string[]): Promise<string[]> =>
    (await resolveInputFiles(path)).map(({ id }) => id.replace(`${folder}/`, ''))

  test('a file is found with its size and identity', async () => {
    const [file] = await resolveInputFiles(join(folder, 'a.csv'))
    assert.equal(file?.size, 6)
    assert.equal(file.kind, 'file')
    assert.equal(file.path, join(folder, 'a.csv'))
    assert.equal(await hasChanged(file), false)
  })

  test('globs give files in order, without folders and hidden ones', async () => {
    assert.deepEqual(await ids(`${folder}/*.csv`), ['[x].csv', 'a.csv', 'b.csv'])
    assert.deepEqual(await ids(`${folder}/{b,a}.*`), ['a.csv', 'b.csv'])
    assert.deepEqual(await ids(`${folder}/*/*.csv`), ['deep/d.csv'])
  })

  test('`**` goes into folders, not through links to folders', async () => {
    assert.deepEqual(await ids(`${folder}/**/*.csv`), [
      '[x].csv',
      'a.csv',
      'b.csv',
      'deep/d.csv',
      'deep/deeper/e.csv',
    ])
    assert.deepEqual(await ids(`${folder}/deep/**`), ['deep/d.csv', 'deep/deeper/e.csv'])
  })

  test('a list keeps its order, and reads a file once', async () => {
    const list = ['b.csv', '*.csv', './a.csv'].map((name) => `${folder}/${name}`)
    assert.deepEqual(await ids(list), ['b.csv', '[x].csv', 'a.csv'])
  })

  test('a file whose name looks like a glob is taken by its name', async () => {
    assert.deepEqual(await ids(`${folder}/[x].csv`), ['[x].csv'])
  })

  test('`-` is standard input', async () => {
    const [file] = await resolveInputFiles('-')
    assert.equal(file?.kind, 'stream')
    assert.equal(file.size, undefined)
  })

  test('what is wrong is said, with what to do', async () => {
    const fails = (path: string, message: RegExp, hint: RegExp): Promise<void> =>
      assert.rejects(resolveInputFiles(path), (error: HeadraceError) => {
        assert.equal(error.code, 'SOURCE_NOT_FOUND')
        assert.match(error.message, message)
        assert.match(error.hint ?? '', hint)
        return true
      })
    await fails(join(folder, 'c.tx'), /There is no file .*c\.tx/, /Did you mean c\.txt\?/)
    await fails(join(folder, 'none', 'a.csv'), /There is no file/, /There is no folder/)
    await fails(join(folder, 'a.csv', 'x'), /There is no file/, /no folder/)
    await fails(join(folder, 'dir.csv'), /is a folder, not a file/, /dir\.csv\/\*/)
    await fails(join(folder, '*.json'), /No file matches/, /start at/)
  })

  test('a touched file has changed, and one that is gone', async () => {
    const path = join(folder, 'touched.log')
    await writeFile(path, 'x')
    const [file] = await resolveInputFiles(path)
    assert.ok(file)
    await utimes(path, 1, 1)
    assert.equal(await hasChanged(file), true)
    await rm(path)
    assert.equal(await hasChanged(file), true)
  })
})
