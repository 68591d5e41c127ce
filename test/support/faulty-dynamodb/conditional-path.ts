import { throttled, validation, type Answer } from './answer.js'
import type { Backend, Input, Statement, Write } from './backend.js'
import type { WireItem } from './item-size.js'
import type { Random } from './random.js'
import type { Poison, WritePath } from './write-path.js'

/** Updates under a condition, and inserts by statement. */
export interface ConditionalRequest {
  readonly number: number
  readonly operation: string
  readonly input: Input
  readonly writes: readonly Write[]
  /** Of a batch; `undefined` for an update. */
  readonly statements: readonly Statement[] | undefined
}

interface StatementAnswer {
  readonly Error?: { readonly Code: string; readonly Message: string }
}

const THROTTLED = {
  Error: { Code: 'ThrottlingError', Message: 'Throughput exceeds the current capacity' },
}

/**
 * Passes on what only a whole DynamoDB can carry out, statement by statement as the faults have it;
 * capacity is not modelled here.
 */
export class ConditionalPath {
  readonly #backend: Backend
  readonly #path: WritePath
  readonly #poison: Poison | undefined

  constructor(backend: Backend, path: WritePath, poison: Poison | undefined) {
    this.#backend = backend
    this.#path = path
    this.#poison = poison
  }

  /** @returns `undefined` for other operations */
  async read(
    number: number,
    operation: string,
    input: Input,
  ): Promise<ConditionalRequest | undefined> {
    if (operation === 'UpdateItem') {
      const { TableName, Key, ExpressionAttributeNames = {} } = input
      const table = await this.#backend.table(TableName)
      const touched = Object.values(ExpressionAttributeNames).map((name) => [name, {}] as const)
      const message = this.#poison?.({ ...Object.fromEntries(touched), ...Key }, TableName)
      if (message !== undefined) throw validation(message)
      const write: Write = { table, key: table.keyOf(Key, true), item: Key, kind: 'put' }
      return { number, operation, input, writes: [write], statements: undefined }
    }
    if (operation !== 'BatchExecuteStatement') return undefined
    const writes: Write[] = []
    for (const statement of input.Statements) {
      const { name, item } = inserted(statement)
      const table = await this.#backend.table(name)
      writes.push({ table, key: table.keyOf(item), item, kind: 'put' })
    }
    return { number, operation, input, writes, statements: input.Statements }
  }

  async carryOut(
    { number, operation, input, writes, statements }: ConditionalRequest,
    undoneShare: number,
    random: Random,
    isLate: () => boolean,
  ): Promise<Answer> {
    if (statements === undefined) {
      if (random() < undoneShare) {
        this.#path.counts.unprocessed += 1
        throw throttled('ThrottlingException', [])
      }
      const answer = await this.#backend.call(operation, input)
      if (answer.status === 200) this.#path.note(number, writes, isLate())
      return answer
    }
    const answers = writes.map((write) => this.#refusal(write, undoneShare, random))
    const Statements = statements.filter((_, n) => answers[n] === undefined)
    const { status, body } = await this.#call({ ...input, Statements })
    if (status !== 200) return { status, body }
    const done = (body['Responses'] as readonly StatementAnswer[]).values()
    const Responses = answers.map((refusal) => refusal ?? done.next().value)
    const applied = writes.filter((_, n) => Responses[n]?.Error === undefined)
    this.#path.note(number, applied, isLate())
    return { status, body: { ...body, Responses } }
  }

  #refusal(
    { item, table }: Write,
    undoneShare: number,
    random: Random,
  ): StatementAnswer | undefined {
    const Message = this.#poison?.(item, table.name)
    if (Message !== undefined) return { Error: { Code: 'ValidationError', Message } }
    if (random() >= undoneShare) return undefined
    this.#path.counts.unprocessed += 1
    return THROTTLED
  }

  async #call(input: Input): Promise<Answer> {
    if (input.Statements.length === 0) return { status: 200, body: { Responses: [] } }
    return this.#backend.call('BatchExecuteStatement', input)
  }
}

/** What a statement of the form `INSERT INTO "table" VALUE {'a':?,'b':?}` inserts. */
function inserted({ Statement, Parameters = [] }: Statement): { name: string; item: WireItem } {
  const [, name = '', places = ''] = /^INSERT INTO "(.+?)" VALUE \{(.*)\}$/s.exec(Statement) ?? []
  const names = [...places.matchAll(/'((?:[^']|'')*)':\?/g)].map(([, quoted = '']) =>
    quoted.replaceAll("''", "'"),
  )
  const item = Object.fromEntries(names.map((attribute, n) => [attribute, Parameters[n] ?? {}]))
  return { name, item }
}
