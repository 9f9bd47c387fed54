import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestService, type TestService } from "../log-service/http/support.ts";
import { run, type Ended } from "./run.ts";

let service: TestService;
const START = Date.parse("2026-01-02T03:04:00Z");

beforeAll(async () => {
  service = await startTestService();
  await service.client("writer").write(
    Array.from({ length: 20 }, (_, n) => ({
      message: `payment ${n} took ${n * 10} ms`,
      level: n % 4 === 0 ? "ERROR" : "INFO",
      source: n % 2 === 0 ? "checkout" : "gateway",
      trace_id: n < 4 ? "t1" : `t${n}`,
      span_id: `s${n % 2}`,
      timestamp: new Date(START + n * 1_000).toISOString(),
      metadata: { ms: n * 10 },
    })),
  );
});
afterAll(() => service.stop());

const neurallog = (...args: string[]): Promise<Ended> =>
  run(args, { url: service.url, key: service.key("admin") });
/** What a command prints, which has to be all that it says. */
const said = async (...args: string[]): Promise<string> => {
  const { exit, out, err } = await neurallog(...args);
  expect({ exit, err }).toEqual({ exit: 0, err: "" });
  return out;
};
const text = (...lines: string[]) => `${lines.join("\n")}\n`;
const FULL = "█".repeat(24);

describe("a query", () => {
  it("finds records in the query language", async () => {
    const out = await said("search", "-q", "level:ERROR metadata.ms>100", "--order", "asc");
    expect(out.match(/payment \d+/g)).toEqual(["payment 12", "payment 16"]);
  });

  it("with pipes prints their table", async () => {
    const pipes = "took | stats count() as n, max(metadata.ms) as most by source | sort n, source";
    expect(await said("search", "-q", pipes)).toBe(
      text("SOURCE     N  MOST", "checkout  10   180", "gateway   10   190"),
    );
    expect(await said("search", "-q", "* | top 1 level", "--json")).toBe(
      text('{"level":"INFO","count":15}'),
    );
  });

  it.each([
    [["--limit", "5"], /^neurallog: --limit .*\| limit 5.* \(CLI_NOT_WITH_PIPES\)$/],
    [["--order", "asc"], /^neurallog: --order .*\| sort .* \(CLI_NOT_WITH_PIPES\)$/],
    [["--cursor", "abc~default"], /^neurallog: --cursor .* \(CLI_NOT_WITH_PIPES\)$/],
    [["--ids"], /^neurallog: --ids .* \(CLI_NOT_WITH_PIPES\)$/],
  ])("with pipes refuses %j, which is for records", async (options, says) => {
    const { exit, out, err } = await neurallog("search", "-q", "* | top 1 level", ...options);
    expect({ exit, out }).toEqual({ exit: 2, out: "" });
    expect(err.trimEnd()).toMatch(says);
  });

  it("with pipes takes --all, as a table is all there is", async () => {
    expect(await said("search", "-q", "* | top 1 level | fields level", "--all")).toBe(
      text("LEVEL", "INFO"),
    );
  });

  it("with a mistake shows where it is, under the query", async () => {
    const { exit, out, err } = await neurallog("count", "-q", "sorce:checkout levl>=WARN");
    expect({ exit, out }).toEqual({ exit: 4, out: "" });
    expect(err).toMatch(
      /^neurallog: .*did you mean 'source'.* \(NL_QUERY_INVALID\)\n  sorce:checkout levl>=WARN\n  \^{5}\n/,
    );
    expect(err).toMatch(/\n {17}\^{4}\n$/);
  });

  it("and the other filters hold together", async () => {
    const args = ["-q", "metadata.ms<100", "-l", "error", "-s", "checkout", "-m", "ms=40"];
    expect(await said("count", ...args)).toBe("1\n");
  });
});

describe("neurallog count", () => {
  it("prints a number, and with --by those of each value", async () => {
    expect(await said("count", "payment")).toBe("20\n");
    expect(await said("count", "--by", "level")).toBe(
      text(
        "20",
        `RECORDS  SHARE  ${" ".repeat(24)}  LEVEL`,
        `     15    75%  ${FULL}  INFO`,
        `      5    25%  ${"█".repeat(8)}${" ".repeat(16)}  ERROR`,
      ),
    );
  });

  it("ends with 1 for nothing, as grep does", async () => {
    expect(await neurallog("count", "nothing-like-this")).toMatchObject({ exit: 1, out: "0\n" });
  });
});

it("neurallog histogram draws what was when, the more severe the darker", async () => {
  const out = await said("histogram", "--interval", "10s");
  expect(out).toMatch(/^START \(UTC\) +RECORDS  WARN  ERROR\n/);
  const rows = [...out.matchAll(/^(2026-01-02 \S+) +(\d+) +(\S+) +(\d+)  (█+)(░+)$/gm)];
  expect(rows.map(([, start, all, warn, error]) => [start, all, warn, error])).toEqual([
    ["2026-01-02 03:04:00", "10", "·", "3"],
    ["2026-01-02 03:04:10", "10", "·", "2"],
  ]);
  expect(await neurallog("histogram", "--from", "15m")).toMatchObject({ exit: 1, out: "" });
});

it("neurallog top prints the commonest values of fields", async () => {
  expect(await said("top", "source", "metadata.ms", "--limit", "1", "-l", "error")).toBe(
    text(
      `RECORDS  SHARE  ${" ".repeat(24)}  SOURCE`,
      `      5   100%  ${FULL}  checkout`,
      "",
      `RECORDS  SHARE  ${" ".repeat(24)}  METADATA.MS`,
      `      1    20%  ${FULL}  0`,
      "… and more values",
    ),
  );
  expect(await said("facets")).toMatch(/LEVEL[^]*SOURCE[^]*NAMESPACE/);
});

it("neurallog values prints one value a line and nothing else", async () => {
  expect(await said("values", "source")).toBe("checkout\ngateway\n");
  const { out, err } = await neurallog("values", "trace_id", "--prefix", "t1", "--limit", "2");
  expect(out).toBe("t1\nt10\n");
  expect(err).toContain("there are more values");
});

it("neurallog patterns prints what messages have in common", async () => {
  expect(await said("patterns")).toBe(
    text("RECORDS  SHARE  LEVEL  PATTERN", "     20   100%  INFO   payment <*> took <*> ms"),
  );
  expect(await said("patterns", "--examples")).toMatch(/\n {4}\S+: payment \d+ took \d+ ms\n$/);
});

it("neurallog context shows a record that a search named among its neighbours", async () => {
  const [id = ""] = (await said("search", "-q", "metadata.ms=100", "--ids")).split(" ", 1);
  const out = await said("context", id, "-B", "1", "-A", "1");
  expect(
    out.match(/^([> ]) 2026.*payment (\d+)/gm)?.map((line) => [line[0], line.slice(-2)]),
  ).toEqual([
    [" ", " 8"],
    [">", "10"],
    [" ", "12"],
  ]);
  const missing = await neurallog("context", "1111101z");
  expect(missing).toMatchObject({ exit: 4, out: "" });
  expect(missing.err).toContain("NL_ID_NOT_FOUND");
});

it("neurallog trace shows what took how long, and the records", async () => {
  const out = await said("trace", "t1");
  expect(out).toMatch(/^trace t1: 4 records in 3 s from 2026-01-02T03:04:00/);
  expect(out).toMatch(/^checkout +2 +0 ms +2 s {2}█{16}$/m);
  expect(out).toMatch(/^gateway +2 +1 s +2 s {10}█{16}$/m);
  expect(out).toMatch(/^s1 +2 +1 s +2 s/m);
  expect(out.match(/payment \d/g)).toHaveLength(4);
  expect(await neurallog("trace", "no-such")).toMatchObject({ exit: 1, out: "" });
});

it("neurallog export writes every record as a line of JSON, oldest first", async () => {
  const lines = (await said("export", "-s", "checkout")).trim().split("\n");
  expect(lines.map((line): unknown => JSON.parse(line).metadata.ms)).toEqual(
    Array.from({ length: 10 }, (_, n) => n * 20),
  );
});

it("neurallog stats says how the service does", async () => {
  const out = await said("stats");
  expect(out).toMatch(
    /^store +ready, durability none, 20 records in [\d.]+ (KiB|B), [\d.]+ bytes each$/m,
  );
  expect(out).toMatch(/^service +\S+, up \d+ s, /m);
  expect(out).toMatch(/^followers +0 with 0 filters, 0 events missed$/m);
});

it.each([
  [["stats"], { store: { ready: true, records: 20 } }],
  [["count", "--by", "level"], { count: 20, by: { field: "level" } }],
  [["histogram", "--interval", "10s"], { interval_ms: 10_000, count: 20 }],
  [["top", "source"], { facets: [{ field: "source" }] }],
  [["values", "source"], { values: [{ value: "checkout", count: 10 }, { value: "gateway" }] }],
  [["patterns"], { patterns: [{ count: 20 }], truncated: false }],
  [["trace", "t1"], { trace_id: "t1", truncated: false }],
])("%j --json prints the service's own answer, in one line", async (args, expected) => {
  const out = await said(...args, "--json");
  expect(out.trim().split("\n")).toHaveLength(1);
  expect(JSON.parse(out)).toMatchObject(expected);
});

it("attack: what is stored reaches no terminal as a command, whichever way it is asked for", async () => {
  const evil = "\u001b]0;owned\u0007\u202e\n# fake";
  await service.client("writer").write(
    [1, 2].map(() => ({
      message: `${evil} ${evil}`,
      source: evil,
      trace_id: "evil",
      span_id: evil,
      namespace: "evil",
      metadata: { evil },
    })),
  );
  const asked = [
    ["count", "--by", "source"],
    ["top", "source", "metadata.evil"],
    ["values", "source"],
    ["patterns", "--examples"],
    ["trace", "evil"],
    ["search", "-q", "* | stats count() by source, metadata.evil"],
    ["search", "-q", "* | stats count() by source", "--json"],
    ["export"],
    ["histogram"],
  ];
  for (const args of asked) {
    const { out } = await neurallog(...args, "-n", "evil");
    expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(out).not.toMatch(/^# fake/m);
    expect(out.length).toBeGreaterThan(0);
  }
});
