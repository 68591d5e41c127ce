/** An S3Client of @aws-sdk/client-s3, by shape: not everyone who reads these types has it. */
export interface S3ClientLike {
  readonly config: { region(): Promise<string> }
  send(command: never): Promise<unknown>
  destroy(): void
}

export interface ExportInS3 {
  readonly bucket: string
  /**
   * The export's folder, such as `exports/AWSDynamoDB/01668227450456-b6733290`; or one above it,
   * where that holds a single export.
   * @default the whole bucket, where that holds a single export
   */
  readonly prefix?: string
  readonly region?: string
  /** Of a server other than S3 that speaks its protocol. */
  readonly endpoint?: string
  /** A ready client, with its own region, endpoint and credentials. */
  readonly client?: S3ClientLike
}

/** Where the export lies: in a folder, or in S3. */
export type FromDynamodbExportOptions =
  | {
      /**
       * The export's folder, with `manifest-summary.json` in it; or one above it, where that holds
       * a single export. Data files may lie where S3 has them, or beside the manifest.
       */
      readonly path: string
      readonly s3?: never
    }
  | {
      readonly path?: never
      /** Needs @aws-sdk/client-s3. */
      readonly s3: ExportInS3
    }
