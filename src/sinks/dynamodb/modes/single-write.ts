import type { DynamodbTransport } from '../../../stores/dynamodb/transport.js'
import { consumedUnits, isObject, UnexpectedAnswer, type ConsumedUnits } from '../write-response.js'

/** How a write of one item under a condition ended. */
export interface SingleOutcome {
  /** The condition held, and the write is in effect. */
  readonly done: boolean
  /** `undefined` where the server does not tell. */
  readonly consumed: ConsumedUnits | undefined
}

/** Sends a write of one item; throws as the transport does, unless its condition does not hold. */
export async function sendSingle(
  transport: DynamodbTransport,
  operation: 'PutItem' | 'UpdateItem',
  body: string,
  signal: AbortSignal,
): Promise<SingleOutcome> {
  try {
    const { json } = await transport.send(operation, body, signal)
    if (!isObject(json)) throw new UnexpectedAnswer(json)
    const consumed = json['ConsumedCapacity']
    return { done: true, consumed: consumed === undefined ? undefined : consumedUnits([consumed]) }
  } catch (error) {
    if ((error as Error).name !== 'ConditionalCheckFailedException') throw error
    return { done: false, consumed: undefined }
  }
}
