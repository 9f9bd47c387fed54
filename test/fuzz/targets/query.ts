import { ServiceError } from "../../../apps/log-service/src/errors.ts";
import { readFilterJson } from "../../../apps/log-service/src/query/filter-json.ts";
import { parseQuery } from "../../../apps/log-service/src/query/language/parse.ts";
import { printQuery } from "../../../apps/log-service/src/query/language/print.ts";
import type { FuzzTarget } from "../fuzz.ts";

const seeds = [
  'level>=WARN source:checkout "connection reset" metadata.user_id=42 trace_id:t1',
  'source in (a, b) metadata."a b".c:[10 TO 100} -tag:x NOT (timestamp>=-15m OR ~"a|b"i)',
  "conn* *time*out* /a+b/i | stats count() as n, quantile(0.5, 0.99) of metadata.ms by source, bin(5m) | sort n desc",
  "| top 10 metadata.path | fields count | limit 3",
];
const json =
  '{"kind":"all","of":[{"kind":"is","field":"metadata.a","values":["1"]},{"kind":"not","of":{"kind":"regex","field":"message","pattern":"a+","ignoreCase":true}}]}';

export const targets: readonly FuzzTarget[] = [
  {
    name: "query",
    seeds: seeds.map((seed) => Buffer.from(seed)),
    run: (input) => void printQuery(parseQuery(input.toString(), 1_767_323_046_000)),
    allows: (error) => error instanceof ServiceError,
  },
  {
    name: "filter-json",
    seeds: [Buffer.from(json)],
    run: (input) => void readFilterJson(input.toString()),
    allows: (error) => error instanceof ServiceError,
  },
];
