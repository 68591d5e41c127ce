/** What SQLite stores, and what it is in JavaScript here. */
export type SqliteValue = bigint | number | string | Uint8Array | null

export interface SqliteColumn {
  readonly name: string
  /** The type as declared; empty for an expression, and where none is declared. */
  readonly type: string
}

interface SqliteStatement {
  all(...params: unknown[]): unknown[]
  iterate(...params: unknown[]): Iterator<unknown>
  columns?(): readonly { readonly name: string; readonly type: string | null }[]
  /** False for what gives no rows, and cannot be asked for its columns. */
  readonly reader?: boolean
  raw?(on: boolean): unknown
  safeIntegers?(on: boolean): unknown
  setReadBigInts?(on: boolean): unknown
}

/**
 * An open database: of `libsql` or `better-sqlite3`, or a `DatabaseSync` of `node:sqlite` (Node
 * 22.16 and up).
 */
export interface SqliteHandle {
  prepare(sql: string): unknown
  exec(sql: string): unknown
  close(): unknown
  readonly inTransaction?: boolean
  readonly isTransaction?: boolean
}

/** True for what has the shape of a database handle and can tell the columns of a statement. */
export function isSqliteHandle(value: unknown): value is SqliteHandle {
  if (typeof value !== 'object' || value === null) return false
  const handle = value as { prepare?: unknown; exec?: unknown; close?: unknown }
  return [handle.prepare, handle.exec, handle.close].every((one) => typeof one === 'function')
}

/** One way to ask every driver: rows as lists, integers as `bigint`, positional parameters. */
export class SqliteConnection {
  readonly #handle: SqliteHandle

  constructor(handle: SqliteHandle) {
    this.#handle = handle
  }

  get inTransaction(): boolean {
    return this.#handle.inTransaction ?? this.#handle.isTransaction ?? false
  }

  prepare(sql: string): SqliteQuery {
    return new SqliteQuery(this.#handle.prepare(sql) as SqliteStatement)
  }

  exec(sql: string): void {
    this.#handle.exec(sql)
  }

  close(): void {
    this.#handle.close()
  }
}

/** A statement, to be asked more than once. */
export class SqliteQuery {
  readonly #statement: SqliteStatement
  /** Names of the columns, where the driver gives rows as objects. */
  readonly #names: readonly string[] | undefined
  readonly columns: readonly SqliteColumn[]

  constructor(statement: SqliteStatement) {
    this.#statement = statement
    if (statement.columns === undefined) {
      throw new TypeError('the driver cannot tell the columns of a query')
    }
    if (statement.reader === false) {
      this.columns = []
      return
    }
    this.columns = statement.columns().map(({ name, type }) => ({ name, type: type ?? '' }))
    statement.safeIntegers?.(true)
    statement.setReadBigInts?.(true)
    if (statement.raw === undefined) this.#names = this.columns.map(({ name }) => name)
    else statement.raw(true)
  }

  all(params: readonly SqliteValue[]): SqliteValue[][] {
    return this.#statement.all(...this.#bound(params)).map((row) => this.#list(row))
  }

  /**
   * Rows one by one. The statement must end in `LIMIT ?`, its last parameter: a driver lets go of
   * its lock only at the end of a statement, and running it again with 0 brings it there.
   */
  *iterate(params: readonly SqliteValue[]): Generator<SqliteValue[]> {
    const rows = this.#statement.iterate(...this.#bound([...params, -1n]))
    try {
      for (let next = rows.next(); next.done !== true; next = rows.next()) {
        yield this.#list(next.value)
      }
    } finally {
      rows.return?.()
      this.#statement.all(...this.#bound([...params, 0n]))
    }
  }

  /** As one list, where the driver takes one: libsql takes a lone blob for named parameters. */
  #bound(params: readonly SqliteValue[]): unknown[] {
    return this.#names === undefined ? [params] : [...params]
  }

  #list(row: unknown): SqliteValue[] {
    if (this.#names === undefined) return row as SqliteValue[]
    const named = row as Readonly<Record<string, SqliteValue>>
    return this.#names.map((name) => named[name] as SqliteValue)
  }
}
