import type { BenchCase } from './cases/bench-case.js'
import { LOOP_CASES } from './cases/loop-cases.js'
import { SOURCE_CASES } from './cases/source-cases.js'
import { STUDY_CASES } from './cases/study-cases.js'
import { WRITER_CASES } from './cases/writer-cases.js'

/** What is measured when nothing is named. */
export const CASES: readonly BenchCase[] = [...WRITER_CASES, ...SOURCE_CASES, ...LOOP_CASES]

export const STUDIES = STUDY_CASES
