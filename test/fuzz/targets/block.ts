import { DamagedBlockError } from "../../../apps/log-service/src/block/bytes.ts";
import { encodeBlock } from "../../../apps/log-service/src/block/encode.ts";
import { readHeader } from "../../../apps/log-service/src/block/header.ts";
import { sealBlock } from "../../../apps/log-service/src/block/seal.ts";
import type { PreparedRecord } from "../../../apps/log-service/src/record/record.ts";
import type { FuzzTarget } from "../fuzz.ts";

const record = (fields: Partial<PreparedRecord> = {}): PreparedRecord => ({
  namespace: "default",
  ms: 1_767_323_045_000,
  nanos: 0,
  digits: 3,
  received: 1_767_323_046_000,
  level: 2,
  message: "a message of user 17",
  source: "",
  traceId: "",
  spanId: "",
  tags: "",
  metadata: "",
  ...fields,
});

const small = [
  record({ source: "web", traceId: "t1", metadata: '{"a":{"b":1},"c":[1,2]}', tags: '["x"]' }),
  record({ nanos: 123_456, digits: 9, traceId: "0af7651916cd43dd8448eb211c80319c" }),
];
const runs = [
  { major: 5, minor: 0, index: 3, count: 1 },
  { major: 9, minor: 1, index: 0, count: 1 },
];
const headers = await Promise.all(
  [encodeBlock(small), encodeBlock(small, { runs })].map(
    async (raw) => (await sealBlock(raw)).header,
  ),
);

const isDamage = (error: unknown) => error instanceof DamagedBlockError;

export const targets: readonly FuzzTarget[] = [
  {
    name: "block-header",
    seeds: headers,
    run: (input) => void readHeader(input),
    allows: isDamage,
  },
];
