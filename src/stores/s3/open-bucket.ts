import type * as Sdk from '@aws-sdk/client-s3'
import { addAbortSignal, type Readable } from 'node:stream'
import { HeadraceError, messageOf } from '../../core/errors.js'
import { isMissing, s3Error } from './s3-error.js'

export interface S3Access {
  readonly bucket: string
  readonly region?: string | undefined
  readonly endpoint?: string | undefined
  /** A client of the caller's own, used as it is and not destroyed. */
  readonly client?: Sdk.S3Client | undefined
}

/** A bucket to read from. */
export interface S3Bucket {
  /** Size of an object in bytes; `undefined` where there is none. */
  sizeOf(key: string, signal: AbortSignal): Promise<number | undefined>
  /** What stands between a prefix and the next `/` behind it, that `/` included. */
  foldersIn(prefix: string, signal: AbortSignal): Promise<string[]>
  /** The bytes of an object, as stored; a connection that breaks is taken up where it broke. */
  read(key: string, signal: AbortSignal): AsyncGenerator<Buffer>
  close(): void
}

/** A stream that breaks so many times without a byte in between is given up. */
const BREAKS_MAX = 5
const CONNECTION_TIMEOUT_MS = 5_000
/** Without a byte. */
const SOCKET_TIMEOUT_MS = 30_000

/**
 * Opens a bucket as every AWS tool does, or with a ready client; nothing is asked of it yet.
 * @throws HeadraceError `DRIVER_MISSING` without @aws-sdk/client-s3, `SOURCE_UNREACHABLE` without a
 * region
 */
export async function openBucket(access: S3Access): Promise<S3Bucket> {
  const sdk = await import('@aws-sdk/client-s3').catch((cause: unknown) => {
    throw new HeadraceError(
      'DRIVER_MISSING',
      `@aws-sdk/client-s3 cannot be loaded: ${messageOf(cause)}`,
      { hint: 'Install it: npm install @aws-sdk/client-s3', cause },
    )
  })
  const client = access.client ?? createClient(sdk, access)
  await client.config.region().catch((cause: unknown) => {
    throw new HeadraceError('SOURCE_UNREACHABLE', 'No AWS region is configured for S3', {
      cause,
      hint: 'Set AWS_REGION, or `region` in ~/.aws/config or in the pipeline.',
    })
  })
  return new SdkBucket(sdk, client, access)
}

function createClient(sdk: typeof Sdk, { region, endpoint }: S3Access): Sdk.S3Client {
  return new sdk.S3Client({
    ...(region === undefined ? {} : { region }),
    // Servers other than S3 rarely have a name for each bucket.
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      socketTimeout: SOCKET_TIMEOUT_MS,
    },
  })
}

class SdkBucket implements S3Bucket {
  readonly #sdk: typeof Sdk
  readonly #client: Sdk.S3Client
  readonly #bucket: string
  readonly #owned: boolean

  constructor(sdk: typeof Sdk, client: Sdk.S3Client, { bucket, client: given }: S3Access) {
    this.#sdk = sdk
    this.#client = client
    this.#bucket = bucket
    this.#owned = given === undefined
  }

  async sizeOf(key: string, signal: AbortSignal): Promise<number | undefined> {
    const command = new this.#sdk.HeadObjectCommand({ Bucket: this.#bucket, Key: key })
    try {
      const { ContentLength } = await this.#client.send(command, { abortSignal: signal })
      return ContentLength
    } catch (error) {
      signal.throwIfAborted()
      if (isMissing(error)) return undefined
      throw s3Error(error, this.#nameOf(key))
    }
  }

  async foldersIn(prefix: string, signal: AbortSignal): Promise<string[]> {
    const folders: string[] = []
    let after: string | undefined
    try {
      do {
        const command = new this.#sdk.ListObjectsV2Command({
          Bucket: this.#bucket,
          Prefix: prefix,
          Delimiter: '/',
          ContinuationToken: after,
        })
        const page = await this.#client.send(command, { abortSignal: signal })
        folders.push(...(page.CommonPrefixes ?? []).flatMap(({ Prefix }) => Prefix ?? []))
        after = page.NextContinuationToken
      } while (after !== undefined)
    } catch (error) {
      signal.throwIfAborted()
      throw s3Error(error, this.#nameOf(prefix))
    }
    return folders
  }

  async *read(key: string, signal: AbortSignal): AsyncGenerator<Buffer> {
    let position = 0
    let object: OpenObject | undefined
    for (let breaks = 0; object === undefined || position < object.size;) {
      object = await this.#get(key, position, object, signal)
      try {
        for await (const chunk of object.body as AsyncIterable<Buffer>) {
          position += chunk.length
          breaks = 0
          yield chunk
        }
        if (position < object.size) throw new Error(`it ended after ${position} bytes`)
      } catch (error) {
        signal.throwIfAborted()
        breaks += 1
        if (breaks > BREAKS_MAX || position >= object.size) throw s3Error(error, this.#nameOf(key))
      }
    }
  }

  close(): void {
    if (this.#owned) this.#client.destroy()
  }

  /** Opens an object from a byte on: the same one as `before`. */
  async #get(
    key: string,
    position: number,
    before: OpenObject | undefined,
    signal: AbortSignal,
  ): Promise<OpenObject> {
    const command = new this.#sdk.GetObjectCommand({
      Bucket: this.#bucket,
      Key: key,
      ...(before === undefined ? {} : { IfMatch: before.etag }),
      ...(position === 0 ? {} : { Range: `bytes=${position}-` }),
    })
    try {
      const answer = await this.#client.send(command, { abortSignal: signal })
      return {
        body: addAbortSignal(signal, answer.Body as Readable),
        etag: answer.ETag,
        size: before?.size ?? answer.ContentLength ?? 0,
      }
    } catch (error) {
      signal.throwIfAborted()
      throw s3Error(error, this.#nameOf(key))
    }
  }

  #nameOf(key: string): string {
    return `s3://${this.#bucket}/${key}`
  }
}

interface OpenObject {
  readonly body: Readable
  readonly etag: string | undefined
  /** Of the whole object, in bytes. */
  readonly size: number
}
