/** What `main.ts` starts once all is compiled. */
import { runBench } from './bench.js'

process.exitCode = await runBench(process.argv.slice(2))
