import { BSON } from 'mongodb'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { aggregate, type StoredDocuments } from './documents.js'
import { matches } from './match-document.js'
import {
  decoded,
  formatReply,
  parseRequest,
  takeMessages,
  type CursorAnswer,
  type Request,
} from './wire-protocol.js'

type Command = Readonly<Record<string, unknown>>

/** What to do instead of a command: fail with this, or `'hang up'`. */
export type Fault = { readonly code: number; readonly errmsg: string } | 'hang up'

export interface StandInOptions {
  /** Say that it is a replica set, which has snapshots. @default false */
  readonly replicaSet?: boolean
  /** Called before each command. */
  readonly before?: (name: string, command: Command) => Fault | undefined | void
}

export interface StandIn {
  readonly url: string
  /** Cursors that were neither read to their end nor killed. */
  readonly openCursors: () => number
  /** Names of the commands so far. */
  readonly commands: readonly string[]
  close(): Promise<void>
}

interface OpenCursor {
  readonly ns: string
  rest: Uint8Array[]
}

class CommandError extends Error {
  readonly code: number
  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

/**
 * Speaks as much of MongoDB's protocol as the source asks for, where no server is to be had: it
 * proves our reading, not what MongoDB does. Its collections are in memory and have an index on
 * `_id` only.
 */
export async function startStandIn(options: StandInOptions = {}): Promise<StandIn> {
  const state = new State(options)
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    let rest: Buffer = Buffer.alloc(0)
    socket.on('data', (chunk) => {
      const taken = takeMessages(Buffer.concat([rest, chunk]))
      rest = taken.rest
      for (const message of taken.messages) {
        const reply = state.answer(parseRequest(message))
        if (reply === undefined) socket.destroy()
        else socket.write(reply)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  state.host = `127.0.0.1:${port}`
  return {
    url: `mongodb://${state.host}/`,
    openCursors: () => state.cursors.size,
    commands: state.commands,
    close: () => {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

interface Answer {
  readonly fields?: object
  readonly cursor?: CursorAnswer
}

class State {
  host = ''
  readonly cursors = new Map<bigint, OpenCursor>()
  readonly commands: string[] = []
  readonly #options: StandInOptions
  readonly #databases = new Map<string, Map<string, StoredDocuments>>()
  #lastCursor = 0n

  constructor(options: StandInOptions) {
    this.#options = options
  }

  /** `undefined` to hang up. */
  answer(request: Request): Buffer | undefined {
    const { command } = request
    const name = Object.keys(command)[0] ?? ''
    this.commands.push(name)
    const fault = this.#options.before?.(name, command)
    if (fault === 'hang up') return undefined
    try {
      if (fault !== undefined) throw new CommandError(fault.code, fault.errmsg)
      const run = this.#run[name]
      if (run === undefined) throw new CommandError(59, `no such command: '${name}'`)
      const { fields, cursor } = run(command, request)
      return formatReply(request, { ...fields, ok: 1 }, cursor)
    } catch (error) {
      const { code = 2, message } = error as CommandError
      return formatReply(request, { ok: 0, code, errmsg: message })
    }
  }

  readonly #run: Readonly<Record<string, (command: Command, request: Request) => Answer>> = {
    hello: () => ({ fields: this.#hello() }),
    ismaster: () => ({ fields: this.#hello() }),
    ping: () => ({}),
    endSessions: () => ({}),
    refreshSessions: () => ({}),
    saslStart: () => {
      throw new CommandError(18, 'Authentication failed.')
    },
    dropDatabase: ({ $db }) => {
      this.#databases.delete(String($db))
      return {}
    },
    create: ({ create, $db, ...rest }) => {
      const { viewOn, pipeline, timeseries } = rest as Command
      const options = { viewOn, pipeline, timeseries }
      const type =
        viewOn !== undefined ? 'view' : timeseries !== undefined ? 'timeseries' : 'collection'
      this.#store(String($db), String(create), options, type)
      return {}
    },
    drop: ({ drop, $db }) => {
      this.#databases.get(String($db))?.delete(String(drop))
      return {}
    },
    insert: (command, { documents }) => this.#insert(command, documents),
    listCollections: ({ filter = {}, nameOnly, $db }) => {
      const all = [...(this.#databases.get(String($db))?.values() ?? [])]
      const listed = all.map(({ name, type, options, uuid }) =>
        nameOnly === true
          ? { name, type }
          : { name, type, options, info: { readOnly: type === 'view', uuid } },
      )
      const found = listed.filter((one) => matches(one, filter as Command))
      const bytes = found.map((one) => BSON.serialize(one, { ignoreUndefined: true }))
      return this.#reply(bytes, { $db, listCollections: '$cmd.listCollections' }, 1_000)
    },
    count: ({ count, $db }) => ({ fields: { n: this.#read($db, count).length } }),
    find: (command) => this.#find(command),
    aggregate: (command) => {
      const { aggregate: name, pipeline, cursor, $db } = command
      const found = aggregate(this.#read($db, name), pipeline as Command[])
      return this.#reply(found, command, Number((cursor as Command)['batchSize'] ?? 101))
    },
    getMore: ({ getMore, batchSize }) => {
      const id = BigInt(String(getMore))
      const open = this.cursors.get(id)
      if (open === undefined) throw new CommandError(43, `cursor id ${id} not found`)
      return { cursor: this.#next(id, open, Number(batchSize ?? 1_000), 'nextBatch') }
    },
    killCursors: ({ cursors }) => {
      const ids = (cursors as unknown[]).map((id) => BigInt(String(id)))
      const cursorsKilled = ids.filter((id) => this.cursors.delete(id))
      return { fields: { cursorsKilled } }
    },
  }

  #hello(): object {
    const set = { setName: 'rs0', hosts: [this.host], primary: this.host, me: this.host }
    return {
      ...(this.#options.replicaSet === true ? set : {}),
      isWritablePrimary: true,
      ismaster: true,
      helloOk: true,
      maxBsonObjectSize: 16 * 1024 * 1024,
      maxMessageSizeBytes: 48_000_000,
      maxWriteBatchSize: 100_000,
      localTime: new Date(),
      logicalSessionTimeoutMinutes: 30,
      connectionId: 1,
      minWireVersion: 0,
      maxWireVersion: 21,
      readOnly: false,
    }
  }

  #store(database: string, name: string, options = {}, type = 'collection'): StoredDocuments {
    const collections = this.#databases.get(database) ?? new Map<string, StoredDocuments>()
    this.#databases.set(database, collections)
    const found = collections.get(name)
    if (found !== undefined) return found
    const stored = {
      name,
      uuid: new BSON.UUID(),
      options,
      type,
      documents: [],
      ids: new Set<string>(),
    }
    collections.set(name, stored)
    return stored
  }

  /** Views are made of what they are on. */
  #read(database: unknown, name: unknown): readonly Uint8Array[] {
    const stored = this.#databases.get(String(database))?.get(String(name))
    const { viewOn, pipeline } = (stored?.options ?? {}) as {
      readonly viewOn?: string
      readonly pipeline?: Command[]
    }
    if (viewOn === undefined) return stored?.documents ?? []
    return aggregate(this.#read(database, viewOn), pipeline ?? [])
  }

  #insert({ insert, $db, documents: inside }: Command, beside: readonly Buffer[]): Answer {
    const stored = this.#store(String($db), String(insert))
    const added = [
      ...beside,
      ...((inside as object[] | undefined) ?? []).map((one) => Buffer.from(BSON.serialize(one))),
    ]
    for (const document of added) {
      const id = Buffer.from(BSON.serialize({ id: decoded(document)['_id'] })).toString('base64')
      if (stored.ids.has(id)) throw new CommandError(11_000, 'E11000 duplicate key error')
      stored.ids.add(id)
      stored.documents.push(document)
    }
    return { fields: { n: added.length } }
  }

  #find(command: Command): Answer {
    const { find, filter = {}, projection, sort, skip, limit, batchSize, $db } = command
    const stages = [
      { $match: filter },
      ...(sort === undefined ? [] : [{ $sort: sort }]),
      ...(skip === undefined ? [] : [{ $skip: skip }]),
      ...(limit === undefined ? [] : [{ $limit: limit }]),
      ...(projection === undefined ? [] : [{ $project: projection }]),
    ]
    return this.#reply(aggregate(this.#read($db, find), stages), command, Number(batchSize ?? 101))
  }

  #reply(found: Uint8Array[], command: Command, size: number): Answer {
    const { $db, find, aggregate: on, listCollections } = command
    const ns = `${String($db)}.${String(find ?? on ?? listCollections)}`
    this.#lastCursor += 1n
    const open = { ns, rest: found }
    const cursor = this.#next(this.#lastCursor, open, size, 'firstBatch')
    const { level } = (command['readConcern'] ?? {}) as Command
    if (level !== 'snapshot') return { cursor }
    return { cursor: { ...cursor, atClusterTime: new BSON.Timestamp({ t: 1, i: 1 }) } }
  }

  #next(id: bigint, open: OpenCursor, size: number, batch: CursorAnswer['batch']): CursorAnswer {
    const documents = open.rest.slice(0, size)
    open.rest = open.rest.slice(size)
    const isEnd = open.rest.length === 0
    if (isEnd) this.cursors.delete(id)
    else this.cursors.set(id, open)
    return { id: isEnd ? 0n : id, ns: open.ns, batch, documents }
  }
}
