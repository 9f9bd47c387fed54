export {
  NeuralLogClient,
  type CallOptions,
  type ClientOptions,
  type WriteOptions,
} from "./client.ts";
export { ConnectionError, NeuralLogError, ResponseError, type ClientErrorCode } from "./errors.ts";
export {
  LEVELS,
  type Json,
  type Level,
  type LogInput,
  type LogRecord,
  type NamespaceInfo,
  type RejectedRecord,
  type SearchPage,
  type SearchParams,
  type WriteResult,
} from "./types.ts";
export { tail, type TailOptions, type TailParams } from "./tail.ts";
