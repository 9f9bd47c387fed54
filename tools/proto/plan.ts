import { fileURLToPath } from "node:url";

export interface GeneratedModule {
  /** Name of the module's registry of messages: two modules must not share one. */
  readonly name: string;
  /** Published definitions whose messages are wanted, below `definitions`; what they import comes along. */
  readonly sources: readonly string[];
  /** The folder of the protocol that reads these messages, from the repository's root. */
  readonly folder: string;
}

/** The published definitions, byte for byte: where they come from stands in the README beside them. */
export const definitions = fileURLToPath(new URL("../../apps/log-service/proto/", import.meta.url));

export const modules: readonly GeneratedModule[] = [
  {
    name: "otlp",
    sources: [
      "opentelemetry/proto/collector/logs/v1/logs_service.proto",
      "opentelemetry/proto/logs/v1/logs.proto",
      "opentelemetry/proto/resource/v1/resource.proto",
      "opentelemetry/proto/common/v1/common.proto",
      "google/rpc/status.proto",
    ],
    folder: "apps/log-service/src/ingest/otlp/generated",
  },
  {
    name: "loki",
    sources: ["loki/push.proto"],
    folder: "apps/log-service/src/ingest/loki/generated",
  },
];
