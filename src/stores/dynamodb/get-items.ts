import { setTimeout as delay } from 'node:timers/promises'
import { HeadraceError } from '../../core/errors.js'
import type { AttributeMap } from '../../formats/dynamodb/attribute-value.js'
import { BATCH_GET_KEYS_MAX } from '../../formats/dynamodb/limits.js'
import { sendRetried } from './send-retried.js'
import type { DynamodbTransport } from './transport.js'

interface GetAnswer {
  readonly Responses?: Readonly<Record<string, readonly AttributeMap[]>>
  readonly UnprocessedKeys?: Readonly<Record<string, { readonly Keys?: readonly AttributeMap[] }>>
}

const EMPTY_ANSWERS_MAX = 12
const WAIT_MS = 50
const WAIT_MAX_MS = 10_000

/**
 * The items of these keys that exist, in any order, read consistently. Keys that an answer leaves
 * unprocessed are asked for again beside others.
 * @param keys DynamoDB JSON of the key attributes, each
 * @throws HeadraceError `TARGET_STALLED` when answer after answer gives nothing
 */
export async function getItems(
  transport: DynamodbTransport,
  table: string,
  keys: readonly string[],
  signal: AbortSignal,
): Promise<AttributeMap[]> {
  const head = `{"RequestItems":{${JSON.stringify(table)}:{"ConsistentRead":true,"Keys":[`
  const wanted = [...new Set(keys)]
  const found: AttributeMap[] = []
  let emptyAnswers = 0
  while (wanted.length > 0) {
    const asked = wanted.splice(0, BATCH_GET_KEYS_MAX)
    const body = `${head}${asked.join(',')}]}}}`
    const answer = (await sendRetried(transport, 'BatchGetItem', body, signal)) as GetAnswer
    found.push(...(answer.Responses?.[table] ?? []))
    const left = (answer.UnprocessedKeys?.[table]?.Keys ?? []).map((key) => JSON.stringify(key))
    wanted.push(...left)
    if (left.length < asked.length) {
      emptyAnswers = 0
      continue
    }
    if (emptyAnswers === EMPTY_ANSWERS_MAX) throw stalled(table, emptyAnswers)
    await delay(Math.random() * Math.min(WAIT_MAX_MS, WAIT_MS * 2 ** emptyAnswers), undefined, {
      signal,
    })
    emptyAnswers += 1
  }
  return found
}

function stalled(table: string, answers: number): HeadraceError {
  return new HeadraceError(
    'TARGET_STALLED',
    `Reading items of table ${table}: ${answers} answers in a row held none of the keys asked for`,
    { hint: 'Raise the read capacity of the table.' },
  )
}
