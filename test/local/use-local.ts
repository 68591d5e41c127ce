/**
 * A process of the tests: opens the embedded DynamoDB of a folder, says so, and lets go of it when
 * its standard input ends. Arguments: state folder, engine.
 */
import { openLocal } from '../../src/local/open-local.js'
import type { LocalEngine } from '../../src/local/engine.js'

const [stateDir = '', engine] = process.argv.slice(2)
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`)

const local = await openLocal(stateDir, {
  ...(engine === undefined ? {} : { engine: engine as LocalEngine }),
  onMessage: (message) => say({ message }),
})
say({ endpoint: local.endpoint, engine: local.engine, owner: local.owner })
process.stdin.on('end', () => void local.close().then(() => say({ closed: true })))
process.stdin.resume()
