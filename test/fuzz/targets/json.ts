import { ServiceError } from "../../../apps/log-service/src/errors.ts";
import {
  placesInLines,
  readJson,
  readLines,
} from "../../../apps/log-service/src/ingest/json/read-body.ts";
import { readColumns } from "../../../apps/log-service/src/ingest/json/read-columns.ts";
import type { FuzzTarget } from "../fuzz.ts";

const context = { namespace: "default", received: 1_767_323_046_000 };
const full = JSON.stringify({
  timestamp: "2026-01-02T03:04:05.123456789Z",
  level: "WARN",
  message: 'a "quoted" message of user 17\n',
  source: "web",
  trace_id: "0af7651916cd43dd8448eb211c80319c",
  span_id: "b7ad6b7169203331",
  tags: ["a", "b"],
  metadata: { a: { b: [1, 2.5, null, true] }, "c.d": "é" },
  namespace: "payments",
});
const plain = '{"message":"a","level":30,"timestamp":1767323045000,"data":{"n":-1e3}}';
const lines = Buffer.from([full, plain, "", '{"message":7}', full].join("\n"));
const array = Buffer.from(`[${full},${plain},{"message":"\\ud83e\\udd89"}]`);

export const targets: readonly FuzzTarget[] = [
  {
    name: "json-lines",
    seeds: [lines, Buffer.from(plain)],
    run: (input) => void readLines(input, context),
    allows: (error) => error instanceof ServiceError,
  },
  {
    name: "json-array",
    seeds: [array, Buffer.from(full)],
    run: (input) => void readJson(input, context),
    allows: (error) => error instanceof ServiceError,
  },
  {
    name: "json-columns",
    seeds: [lines, Buffer.from(plain)],
    run: async (input) => {
      const batch = await readColumns(input, placesInLines(input), context);
      const objects = readLines(input, context);
      // Both ways must agree; what is in the records is compared by the property tests.
      const stored = batch.blocks.reduce((sum, { places }) => sum + places.length, 0);
      if (stored !== objects.records.length || batch.rejected.length !== objects.rejected.length) {
        throw new TypeError("columns and objects differ");
      }
    },
    allows: (error) => error instanceof ServiceError,
  },
];
