import { FaultyDynamodb, type FaultyDynamodbOptions } from './faulty-dynamodb.js'

/** Starts a DynamoDB that misbehaves as it is told, and remembers all that it did. */
export async function startFaultyDynamodb(
  options: FaultyDynamodbOptions = {},
): Promise<FaultyDynamodb> {
  const dynamodb = new FaultyDynamodb(options)
  await dynamodb.revive()
  return dynamodb
}
