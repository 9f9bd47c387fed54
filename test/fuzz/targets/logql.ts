import { ServiceError } from "../../../apps/log-service/src/errors.ts";
import { compilePipeline } from "../../../apps/log-service/src/logql/pipeline.ts";
import { selectionOf } from "../../../apps/log-service/src/logql/select.ts";
import { parseQuery } from "../../../apps/log-service/src/logql/syntax/parse.ts";
import { printExpr } from "../../../apps/log-service/src/logql/syntax/print.ts";
import type { FuzzTarget } from "../fuzz.ts";

const queries = [
  '{app="web", env=~"a|b"} |= "x" !~ `y+` | json a="b.c[0]" | took > 1m30s or size <= 2KiB',
  '{a="b"} | logfmt --strict | line_format "{{.a | ToUpper}} {{ __line__ }}" | label_format x=y',
  '{a="b"} | line_format "{{ if and .a (gt .b 1) }}{{ printf `%05d` .b }}{{ else if .c }}x{{ end }}"',
  '{a="b"} |= ip("10.0.0.0/8") != ip("fe80::1-fe80::9") | x=ip("10.0.0.1") and y != ip("::1")',
  'rate({a="b"}[1m]) / on(c) group_left(d) sum by (c) (rate({a="b"}[1m]))',
  'sum by (a, b) (rate({a="b"} | unwrap duration(x) | __error__="" [5m] offset 1h)) / 2 > bool 0.5',
  'topk(3, count_over_time({a="b"} | pattern "<a> - <_>" | drop c, d="e" [1h])) and on(a) vector(1)',
];

export const targets: readonly FuzzTarget[] = [
  {
    name: "logql",
    seeds: queries.map((query) => Buffer.from(query)),
    run: (input) => {
      const expr = parseQuery(input.toString());
      printExpr(expr);
      if (expr.kind === "log") compilePipeline(selectionOf(expr).rest);
    },
    allows: (error) => error instanceof ServiceError,
  },
];
