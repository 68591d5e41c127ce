// Pipelines
export { allDone, checksum, definePipeline, isPipeline } from './core/pipeline.js'
export type { Limits, Pipeline, PipelineSpec, Verification } from './core/pipeline.js'
export type { Flow, ReadableOptions, Route, Source } from './core/route.js'
export { env } from './core/env.js'
export type { Secret } from './core/env.js'
export { reject, skip } from './core/outcome.js'
export type { Reject, Skip } from './core/outcome.js'
export { NumberValue } from './core/number-value.js'
export { absent } from './core/absent.js'
export type { Absent } from './core/absent.js'
export { asRead } from './core/as-read.js'
export { uuidFrom } from './core/uuid-from.js'
export type { IdPart } from './core/uuid-from.js'
export { ERROR_CODES, HeadraceError } from './core/errors.js'
export type { ErrorCode, ErrorContext } from './core/errors.js'

// Sources
export { source } from './core/route.js'
export { fromBson } from './sources/from-bson.js'
export type { FromBsonOptions } from './sources/from-bson.js'
export { fromCsv } from './sources/from-csv.js'
export type { CsvOptions, CsvRowOf } from './sources/from-csv.js'
export type { RaggedRows } from './sources/csv/csv-options.js'
export type { CellType } from './formats/csv/cell-types.js'
export type { DuplicateColumns } from './formats/csv/column-names.js'
export type { TextEncoding } from './formats/csv/text-encoding.js'
export { fromDynamodb } from './sources/from-dynamodb.js'
export type { DynamodbRow, FromDynamodbOptions } from './sources/from-dynamodb.js'
export type { DynamodbFilter } from './sources/dynamodb/dynamodb-options.js'
export { fromDynamodbExport } from './sources/from-dynamodb-export.js'
export type {
  ExportedChange,
  ExportInS3,
  FromDynamodbExportOptions,
} from './sources/from-dynamodb-export.js'
export type { S3ClientLike } from './sources/dynamodb-export/export-options.js'
export { fromJson } from './sources/from-json.js'
export type { JsonRow } from './sources/from-json.js'
export type { FromJsonOptions } from './sources/json/json-options.js'
export type { JsonLayout } from './formats/json/sniff-layout.js'
export { fromMongodb } from './sources/from-mongodb.js'
export type { MongodbOptions, MongodbRow } from './sources/from-mongodb.js'
export type { MongodbConnection } from './stores/mongodb/mongodb-connection.js'
export { fromParquet } from './sources/from-parquet.js'
export type { ParquetOptions, ParquetRepresentation } from './sources/from-parquet.js'
export { fromPostgres } from './sources/from-postgres.js'
export type { PostgresOptions, PostgresRow } from './sources/from-postgres.js'
export type { PostgresParameter } from './sources/postgres/postgres-options.js'
export type { PostgresRepresentation } from './formats/postgres/postgres-type.js'
export type { PostgresConfig, PostgresConnection } from './stores/postgres/postgres-connection.js'
export { fromSqlite } from './sources/from-sqlite.js'
export type { SqliteOptions, SqliteRepresentation, SqliteRow } from './sources/from-sqlite.js'
export type { SqliteParameter } from './sources/sqlite/sqlite-options.js'
export type { SqliteHandle, SqliteValue } from './stores/sqlite/sqlite-connection.js'

// Stages
export { filter } from './stages/filter.js'
export { key } from './stages/key.js'
export type { KeyTemplate } from './stages/key.js'
export { map } from './stages/map.js'
export type { Mapped } from './stages/map.js'
export { mapAsync } from './stages/map-async.js'
export type { AsyncContext, MapAsyncOptions } from './stages/map-async.js'
export { normalize } from './stages/normalize.js'
export type { Normalized, Rules } from './stages/normalize.js'
export { omit } from './stages/omit.js'
export type { Without } from './stages/omit.js'
export { pick } from './stages/pick.js'
export { rename } from './stages/rename.js'
export type { Renamed } from './stages/rename.js'
export { set } from './stages/set.js'
export type { SetValue, WithSet } from './stages/set.js'
export { through } from './stages/through.js'
export type { ThroughOptions } from './stages/through.js'
export { validate } from './stages/validate.js'
export type { SchemaOutput, StandardSchema } from './stages/standard-schema.js'

// Normalizers
export { boolean } from './stages/normalizers/boolean.js'
export type { BooleanOptions } from './stages/normalizers/boolean.js'
export { decimal } from './stages/normalizers/decimal.js'
export type { DecimalOptions, NumberInput } from './stages/normalizers/decimal.js'
export { email } from './stages/normalizers/email.js'
export { instant } from './stages/normalizers/instant.js'
export type { InstantOptions, TimeInput } from './stages/normalizers/instant.js'
export { integer } from './stages/normalizers/integer.js'
export { json } from './stages/normalizers/json.js'
export { normalizer } from './stages/normalizers/normalizer.js'
export type { Normalizer } from './stages/normalizers/normalizer.js'
export { nullIf } from './stages/normalizers/null-if.js'
export { oneOf } from './stages/normalizers/one-of.js'
export { phone } from './stages/normalizers/phone.js'
export type { PhoneOptions } from './stages/normalizers/phone.js'
export { slug } from './stages/normalizers/slug.js'
export type { SlugOptions } from './stages/normalizers/slug.js'
export { text } from './stages/normalizers/text.js'
export type { TextOptions } from './stages/normalizers/text.js'
export { titleCase } from './stages/normalizers/title-case.js'
export { uuid } from './stages/normalizers/uuid.js'

// Sinks
export { toDynamodb } from './sinks/dynamodb/to-dynamodb.js'
export type {
  CreateOptions,
  DeleteOptions,
  DynamodbOptions,
  GlobalIndex,
  IndexKey,
  InsertOptions,
  Key,
  LocalIndex,
  PutOptions,
  UpdateOptions,
} from './sinks/dynamodb/options.js'

// Running
export { measure } from './run/measure.js'
export type { MeasureOptions } from './run/measure.js'
export type { MeasuredStep, Measurement } from './run/measurement.js'
export { backup } from './run/backup.js'
export type {
  BackupOptions,
  BackupResult,
  RestoreOptions,
  RestoreResult,
  TableAccess,
} from './run/backup/backup-options.js'
export { migrate } from './run/migrate/migrate.js'
export type { Changes, MigrateOptions } from './run/migrate/migrate-options.js'
export { plan } from './run/plan.js'
export { restore } from './run/restore.js'
export { retry } from './run/retry.js'
export type { RetryOptions } from './run/retry.js'
export { rollback } from './run/rollback.js'
export type { RollbackLeft, RollbackResult } from './run/rollback-result.js'
export { run } from './run/run.js'
export { verify } from './run/verify.js'
export type { ItemCounts, RowCounts } from './run/counts.js'
export { listRuns } from './run/journal.js'
export type { RunListing } from './run/journal.js'
export type { PlanOptions, RollbackOptions, RunOptions, VerifyOptions } from './run/options.js'
export type { Progress } from './run/progress.js'
export type {
  PlanReport,
  RepairSummary,
  RetryResult,
  RunSummary,
  SampleSummary,
  VerificationResult,
} from './run/summary.js'

// For those who write their own sources, stages and sinks
export { rowBatch } from './core/row-batch.js'
export type { Cursor, Json, RowBatch, RowLocation, SourceSlice } from './core/row-batch.js'
export type { RejectedRow, SkippedRow } from './core/row-batch.js'
export type { OpenContext, Partition, SourceDefinition, SourceReader } from './core/source.js'
export type { Consistency, Described, EarlierRead } from './core/source.js'
export type { RunContext } from './core/run-context.js'
export type { Sink, SinkWriter, Target } from './core/sink.js'
export type {
  DuplicatePolicy,
  EncodedItem,
  ItemViolation,
  StoredItem,
  TargetReport,
  WritableOptions,
  WriterContext,
  WriterStats,
} from './core/sink.js'
export type { SettledItem, Settlement } from './core/settlement.js'
export { defineStage } from './stages/define-stage.js'
export type { StageDefinition } from './stages/define-stage.js'
export type { Columns, Operator, Stage, TransformOptions } from './core/stage.js'
