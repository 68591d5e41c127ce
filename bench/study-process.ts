/** Measures one study in a process of its own: `study-process <name> <options as JSON>`. */
import { STUDIES } from './cases.js'
import type { StudyOptions } from './cases/bench-case.js'

const [name, words = '{}'] = process.argv.slice(2)
const study = STUDIES.find((one) => one.name === name)
if (study === undefined) throw new Error(`There is no study ${name}`)
const options = JSON.parse(words) as Omit<StudyOptions, 'tell'>
const tell = (progress: string) => process.stderr.write(`${name}: ${progress}\n`)
const table = await (await study.load())({ ...options, tell })
process.stdout.write(`${JSON.stringify(table)}\n`)
process.exit()
