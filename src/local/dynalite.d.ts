/** The parts of dynalite 4 that are used; the package has no types of its own. */
declare module 'dynalite' {
  import type { Server } from 'node:http'

  interface DynaliteOptions {
    /** Folder of the LevelDB store; in memory without it. */
    path?: string
    createTableMs?: number
    deleteTableMs?: number
    updateTableMs?: number
  }

  const dynalite: (options?: DynaliteOptions) => Server
  export default dynalite
}
