import { inspect } from 'node:util'
import { HeadraceError } from './errors.js'

const BRAND = Symbol.for('headrace.env')

/** A value that is read from the environment when a run opens, and prints as `***`. */
export class Secret {
  readonly variable: string
  readonly fallback: string | undefined
  readonly [BRAND] = true

  constructor(variable: string, fallback: string | undefined) {
    this.variable = variable
    this.fallback = fallback
  }

  toString(): string {
    return '***'
  }

  toJSON(): string {
    return '***'
  }

  [inspect.custom](): string {
    return `env(${this.variable})`
  }
}

/** Names an environment variable; nothing is read until the run opens. */
export function env(variable: string, fallback?: string): Secret {
  return new Secret(variable, fallback)
}

export function isSecret(value: unknown): value is Secret {
  return typeof value === 'object' && value !== null && BRAND in value
}

/**
 * The text behind a `Secret` or a plain string.
 * @throws HeadraceError `ENV_MISSING` when the variable is not set and has no fallback
 */
export function resolveSecret(
  value: Secret | string,
  environment: NodeJS.ProcessEnv = process.env,
): string {
  if (!isSecret(value)) return value
  const text = environment[value.variable] ?? value.fallback
  if (text === undefined || text === '') {
    throw new HeadraceError('ENV_MISSING', `Environment variable ${value.variable} is not set`, {
      hint: `Set it, for example: export ${value.variable}=…`,
    })
  }
  return text
}
