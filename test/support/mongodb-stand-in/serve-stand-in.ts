/** A stand-in in a process of its own: prints its URL, and ends with its standard input. */
import { startStandIn } from './start-stand-in.js'

const standIn = await startStandIn()
process.stdout.write(`${standIn.url}\n`)
process.stdin.resume().once('close', () => void standIn.close())
