import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { Client } from 'pg'
import { answers } from '../../src/local/probe.js'
import { dynoxideBinary } from '../../src/local/dynoxide-engine.js'
import { startDynamodb } from './dynamodb.js'
import { assertNoLeaks } from './no-leaks.js'
import { createPostgresDatabase, execute } from './postgres.js'

assertNoLeaks()

test('dynalite starts empty and answers', async (t) => {
  const { endpoint, engine } = await startDynamodb(t)
  assert.equal(engine, 'dynalite')
  assert.equal(await answers(endpoint), true)
})

test('dynoxide starts and answers', { skip: dynoxideBinary() === undefined }, async (t) => {
  const server = await startDynamodb(t, 'dynoxide')
  assert.equal(await answers(server.endpoint), true)
  await server.close()
  assert.equal(await answers(server.endpoint), false)
})

test('databases of one server are apart from each other', async (t) => {
  const first = await createPostgresDatabase(t)
  const second = await createPostgresDatabase(t)
  await execute(first, 'CREATE TABLE only_here (id bigint)')
  await assert.rejects(execute(second, 'SELECT * FROM only_here'), /does not exist/)
  const client = new Client({ connectionString: first })
  await client.connect()
  const { rows } = await client.query('SHOW server_encoding')
  await client.end()
  assert.deepEqual(rows, [{ server_encoding: 'UTF8' }])
})

test('Postgres goes when the process that started it is killed', async () => {
  const code = `import { createPostgresDatabase } from './test/support/postgres.ts'
    const url = await createPostgresDatabase({ after() {} })
    console.log(new URL(url).port || 'given'); setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, PG_URL: '' },
  })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const port = line.toString().trim()
  assert.match(processList(), new RegExp(`postgres.* -p ${port}\\b`))
  child.kill('SIGKILL')
  await once(child, 'close')
  for (let i = 0; i < 100 && processList().includes(`-p ${port}`); i += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  assert.doesNotMatch(processList(), new RegExp(`postgres.* -p ${port}\\b`))
})

function processList(): string {
  return execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
}
