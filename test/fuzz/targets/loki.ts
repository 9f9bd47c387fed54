import snappy from "snappy";

import { ServiceError } from "../../../apps/log-service/src/errors.ts";
import { readJsonPush } from "../../../apps/log-service/src/ingest/loki/read-json.ts";
import { readProtobufPush } from "../../../apps/log-service/src/ingest/loki/read-protobuf.ts";
import { context, jsonPush, plainPush } from "../../log-service/ingest/loki/support.ts";
import type { FuzzTarget } from "../fuzz.ts";

const plain = Buffer.from(
  plainPush([
    {
      labels: '{app="web", env="a\\n\\"b\\u00e9"}',
      entries: [
        { timestamp: { seconds: 1_767_323_045, nanos: 123_456_789 }, line: "level=warn a line" },
        {
          timestamp: { seconds: 1, nanos: 0 },
          line: "b",
          structuredMetadata: [{ name: "trace_id", value: "t1" }],
        },
      ],
    },
    { labels: "{}", entries: [] },
  ]),
);
const json = jsonPush(
  { stream: { app: "web" }, values: [["1767323045123456789", "a", { user: "7" }]] },
  { labels: '{a="b"}', entries: [{ ts: "2026-01-02T03:04:05Z", line: "x" }] },
);

const isRefusal = (error: unknown) => error instanceof ServiceError;

export const targets: readonly FuzzTarget[] = [
  {
    name: "loki-push-protobuf",
    seeds: [plain],
    // Compressed again, or the mutations would hardly ever get past snappy.
    run: async (input) => void (await readProtobufPush(snappy.compressSync(input), context)),
    allows: isRefusal,
  },
  {
    name: "loki-push-snappy",
    seeds: [snappy.compressSync(plain), snappy.compressSync(Buffer.alloc(2_000, "ab"))],
    run: async (input) => void (await readProtobufPush(input, context)),
    allows: isRefusal,
  },
  {
    name: "loki-push-json",
    seeds: [json],
    run: async (input) => void (await readJsonPush(input, context)),
    allows: isRefusal,
  },
];
