import { HeadraceError } from '../../core/errors.js'

/** @throws HeadraceError `PIPELINE_INVALID` unless it is text, or a list of texts, not empty */
export function requirePath(of: string, path: unknown): void {
  const paths = Array.isArray(path) ? (path as unknown[]) : [path]
  if (paths.length > 0 && paths.every((entry) => typeof entry === 'string' && entry !== '')) return
  throw new HeadraceError(
    'PIPELINE_INVALID',
    `${of}: expected \`path\` to be a file, a glob, or a list of them; got ` +
      (JSON.stringify(path) ?? String(path)),
  )
}
