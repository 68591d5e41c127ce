/** A stand-in in a process of its own: prints its URL, and ends with its standard input. */
import { startStandIn } from './start-stand-in.js'

const { url, close } = await startStandIn()
process.stdout.write(`${url}\n`)
process.stdin.resume().once('close', () => void close())
