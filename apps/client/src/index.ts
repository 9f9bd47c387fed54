export { NeuralLogClient, type ClientOptions, type WriteOptions } from "./client.ts";
export { ConnectionError, NeuralLogError, ResponseError, type ClientErrorCode } from "./errors.ts";
export {
  LEVELS,
  type ArchiveResult,
  type Json,
  type Level,
  type LogInput,
  type LogRecord,
  type NamespaceInfo,
  type RejectedRecord,
  type SearchPage,
  type SearchParams,
  type Warning,
  type WriteResult,
} from "./types.ts";
export type {
  Aggregate,
  AggregateParams,
  Context,
  ContextParams,
  Count,
  CountParams,
  ExportOptions,
  ExportParams,
  Facet,
  Facets,
  FacetsParams,
  FilterParams,
  Histogram,
  HistogramParams,
  LevelCounts,
  Patterns,
  PatternsParams,
  Scanned,
  Summed,
  Trace,
  TraceParams,
  TracePart,
  Values,
  ValuesParams,
} from "./questions.ts";
export type { Dropped, Following, FollowOptions, FollowParams } from "./follow.ts";
export type {
  AdminCalls,
  Cleared,
  ClearParams,
  ClearPreview,
  Clearing,
  KeyState,
  SetLevel,
  SourceLevel,
} from "./admin.ts";
export type { FollowLevelsOptions, ProgramLevels } from "./levels.ts";
export type { CallOptions } from "./transport.ts";
export type { ArchiveStats, NamespaceStats, ServiceStats, StoreStats } from "./stats.ts";
export { readManifest, type ExportManifest, type ManifestNamespace } from "./manifest.ts";
