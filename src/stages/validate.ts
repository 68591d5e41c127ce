import { HeadraceError } from '../core/errors.js'
import { reject } from '../core/outcome.js'
import type { Reject } from '../core/outcome.js'
import type { RowResult, Stage } from '../core/stage.js'
import { defineStage } from './define-stage.js'
import { isPromise } from './refusals.js'
import { asOneRow } from './row.js'
import type { SchemaIssue, SchemaOutput, SchemaResult, StandardSchema } from './standard-schema.js'

/**
 * Checks each row by a schema of any library that implements Standard Schema (zod, valibot,
 * arktype, …) and goes on with what the schema makes of it. A row that fails is rejected with the
 * schema's first issue. Asynchronous schemas are refused: check by them in `mapAsync`.
 * @throws HeadraceError `PIPELINE_INVALID` unless given a schema
 */
export function validate<S extends StandardSchema<unknown, object>>(
  schema: S,
): Stage<object, SchemaOutput<S> & object> {
  const standard = (schema as Partial<S> | null | undefined)?.['~standard']
  if (typeof standard?.validate !== 'function') {
    throw new HeadraceError('PIPELINE_INVALID', 'Expected validate() to be given a schema', {
      hint: 'Pass a schema of zod, valibot, arktype or another library with Standard Schema.',
    })
  }
  type Row = SchemaOutput<S> & object
  return defineStage<object, Row>({
    type: 'validate',
    options: { vendor: standard.vendor },
    operator: {
      kind: 'row',
      open: () => (row) => outcomeOf(row, standard.validate(row)) as RowResult<Row>,
    },
  })
}

function outcomeOf(row: object, result: SchemaResult<object> | Promise<unknown>): unknown {
  if (isPromise(result)) {
    throw new HeadraceError('PIPELINE_INVALID', 'The schema given to validate() is asynchronous', {
      hint: 'Call it in mapAsync(), or leave the asynchronous checks out of it.',
    })
  }
  const issue = result.issues?.[0]
  if (issue !== undefined) return rejection(row, issue)
  return asOneRow((result as { readonly value: object }).value)
}

function rejection(row: object, issue: SchemaIssue): Reject {
  const path = (issue.path ?? []).map((part) => (typeof part === 'object' ? part.key : part))
  if (path.length === 0) return reject(issue.message)
  let value: unknown = row
  for (const key of path) value = (value as Record<PropertyKey, unknown> | null | undefined)?.[key]
  return reject(withoutValue(issue.message, value), { column: path.map(String).join('.'), value })
}

/** The same for all values: some libraries end their messages with the value they got. */
function withoutValue(message: string, value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value)
  const named = typeof value === 'object' || value === undefined || typeof value === 'boolean'
  return named || !message.endsWith(text)
    ? message
    : `${message.slice(0, -text.length)}another value`
}
