/** What a stage may know of the run; the same for every attempt, resume and verification of it. */
export interface RunContext {
  /** Name of the pipeline. */
  readonly pipeline: string
  /** When the run was first started, ISO 8601 in UTC with milliseconds; kept over resumes. */
  readonly startedAt: string
}
