import type { ClientSession, Collection } from 'mongodb'
import { HeadraceError } from '../../core/errors.js'
import type { Consistency, OpenContext } from '../../core/source.js'
import type { MongodbServer } from '../../stores/mongodb/mongodb-connection.js'

/** A server forgets a session, and its cursors, that it has not heard of for 30 minutes. */
const REFRESH_INTERVAL_MS = 5 * 60_000

/** A session for the time of a cursor; `undefined` where the server knows none. */
export interface ReadSession {
  readonly session: ClientSession | undefined
  end(): Promise<void>
}

/** Sessions that last however slowly is read; and the one that sees a snapshot, if asked for. */
export class ReadSessions {
  readonly #server: MongodbServer
  readonly #context: OpenContext
  #consistency: Consistency = 'none'
  #snapshot: ClientSession | undefined

  /** @throws HeadraceError `SOURCE_REFUSED` where a snapshot is asked for and there can be none */
  constructor(server: MongodbServer, context: OpenContext, snapshot: boolean) {
    this.#server = server
    this.#context = context
    if (snapshot) this.#requireReplicaSet()
    else if (context.requireSnapshot) {
      throw new HeadraceError('SOURCE_REFUSED', 'MongoDB gives no snapshot unless asked for one', {
        hint: "Add readConcern: 'snapshot' to fromMongodb; it takes a replica set of MongoDB 5.0.",
      })
    }
    if (!snapshot) return
    this.#consistency = 'snapshot'
    this.#snapshot = server.client.startSession({ snapshot: true })
    if (context.earlier?.resumed === true) this.#mix('A run is resumed, and data may have changed')
  }

  get consistency(): Consistency {
    return this.#consistency
  }

  /** Takes the snapshot, if asked for one: the first read does, and all others share it. */
  async begin(collection: Collection): Promise<void> {
    if (this.#snapshot === undefined) return
    await collection.findOne({}, { session: this.#snapshot, projection: { _id: 1 } })
  }

  open(): ReadSession {
    const own = this.#snapshot === undefined
    const session = this.#snapshot ?? this.#ownSession()
    if (session === undefined) return { session, end: () => Promise.resolve() }
    const timer = setInterval(() => void this.#refresh(session), REFRESH_INTERVAL_MS)
    timer.unref()
    return {
      session,
      end: async () => {
        clearInterval(timer)
        if (own) await session.endSession()
      },
    }
  }

  /** Takes another snapshot, since the server no longer keeps the one that was read. */
  async renewSnapshot(): Promise<void> {
    this.#mix('The server no longer keeps the snapshot that was read')
    const gone = this.#snapshot
    this.#snapshot = this.#server.client.startSession({ snapshot: true })
    await gone?.endSession()
  }

  async close(): Promise<void> {
    await this.#snapshot?.endSession()
  }

  #ownSession(): ClientSession | undefined {
    const topology = this.#server.topology()
    if (typeof topology?.logicalSessionTimeoutMinutes !== 'number') return undefined
    return this.#server.client.startSession({ causalConsistency: false })
  }

  async #refresh({ id }: ClientSession): Promise<void> {
    if (id === undefined) return
    try {
      await this.#server.client.db('admin').command({ refreshSessions: [id] })
    } catch {
      // Where it ends all the same, reading goes on by another cursor.
    }
  }

  #mix(why: string): void {
    if (this.#context.requireSnapshot) {
      throw new HeadraceError('SOURCE_REFUSED', `${why}: there is no longer one snapshot`, {
        hint: 'Run again from the start, or without --require-snapshot.',
      })
    }
    this.#consistency = 'mixed'
    this.#context.warn(`${why}: what is read is of more than one snapshot.`)
  }

  #requireReplicaSet(): void {
    if (this.#server.topology()?.type !== 'Single') return
    const [server] = this.#server.topology()?.servers.values() ?? []
    if (server?.type !== 'Standalone') return
    throw new HeadraceError(
      'SOURCE_REFUSED',
      'A MongoDB server that stands alone has no snapshots',
      {
        hint: "Leave out readConcern: 'snapshot', or read a replica set.",
      },
    )
  }
}
