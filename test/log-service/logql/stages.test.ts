import { describe, expect, test } from "vitest";

import { call, engineWith, streams } from "./support.ts";

const TIME = 1_767_300_000_000_000_000n;
const range = { start: String(TIME), end: String(TIME + 1_000_000_000n) };

/** What a query makes of one line: its labels beside those that every line has, and its text. */
async function run(
  line: string,
  stages: string,
  structured: Readonly<Record<string, string>> = {},
) {
  const engine = await engineWith([{ labels: { app: "web" }, time: TIME, line, structured }]);
  const found = await streams(engine, { ...range, query: `{app="web"} ${stages}` });
  const [stream, ...others] = found;
  expect(others).toEqual([]);
  if (stream === undefined) return undefined;
  const { app, service_name, detected_level, ...labels } = stream.stream;
  expect([app, service_name]).toEqual(["web", "web"]);
  expect(detected_level).toBeDefined();
  return { labels, line: stream.values[0]?.[1] };
}

const labelsOf = async (...args: Parameters<typeof run>) => (await run(...args))?.labels;

describe("json", () => {
  test.each([
    ["values by their path", '{"a":{"b":1},"c":"x","d":true}', "", { a_b: "1", c: "x", d: "true" }],
    ["no lists, and nothing for null", '{"a":[1],"b":null,"c":""}', "", {}],
    [
      "names as LogQL can write them",
      '{"a-b":1,"9":2,"x y":3}',
      "",
      { a_b: "1", _9: "2", x_y: "3" },
    ],
    ["a label's name for another value", '{"app":"other"}', "", { app_extracted: "other" }],
    [
      "numbers digit by digit",
      '{"id":9007199254740993123,"f":1.50,"e":5e2}',
      "",
      { id: "9007199254740993123", f: "1.50", e: "5e2" },
    ],
    ["what is asked for", '{"a":{"b":[{"c":7}]},"d":1}', ' x="a.b[0].c", d', { x: "7", d: "1" }],
    ["keys in brackets", '{"a.b":{"c d":"x"}}', ' x="[\\"a.b\\"][\\"c d\\"]"', { x: "x" }],
    ["objects as text", '{"a":{"b":1}}', ' a="a"', { a: '{"b":1}' }],
    ["nothing of a path that is not there", '{"a":1}', ' b="x.y"', {}],
  ])("takes %s", async (_, line, fields, wanted) => {
    expect(await labelsOf(line, `| json${fields}`)).toEqual(wanted);
  });

  test.each(["no json", '{"a":', "[1]", ""])("marks the line %s and keeps it", async (line) => {
    expect(await labelsOf(line, "| json")).toMatchObject({ __error__: "JSONParserErr" });
  });
});

describe("logfmt", () => {
  test.each([
    ["pairs", 'a=1 b="two words" c=x=y', "", { a: "1", b: "two words", c: "x=y" }],
    ["escapes in quotes", 'a="say \\"hi\\"\\n"', "", { a: 'say "hi"\n' }],
    ["no words alone, no empty values", 'alone a= b="" c=1', "", { c: "1" }],
    ["the last of two", "a=1 a=2", "", { a: "2" }],
    ["what is asked for, under another name", "a=1 b=2", ' x="a", b', { x: "1", b: "2" }],
    ["names with dots", "http.status=200", "", { http_status: "200" }],
  ])("takes %s", async (_, line, fields, wanted) => {
    expect(await labelsOf(line, `| logfmt${fields}`)).toEqual(wanted);
  });

  test("that is strict marks what is no pair", async () => {
    expect(await labelsOf('a=1 "b" c=2', "| logfmt --strict")).toMatchObject({
      __error__: "LogfmtParserErr",
    });
  });
});

describe("pattern, regexp, unpack", () => {
  test.each([
    [
      "10.0.0.1 - - GET /x 200",
      '| pattern "<ip> - - <method> <path> <status>"',
      { ip: "10.0.0.1", method: "GET", path: "/x", status: "200" },
    ],
    ["a b c", '| pattern "<x> <_> <y>"', { x: "a", y: "c" }],
    [
      "status=404 in 7ms",
      "| regexp `status=(?P<status>\\d+) in (?P<took>\\w+)`",
      { status: "404", took: "7ms" },
    ],
    ["nothing of it", "| regexp `status=(?P<status>\\d+)`", {}],
  ])("%s", async (line, stages, wanted) => {
    expect(await labelsOf(line, stages)).toEqual(wanted);
  });

  test("unpack gives back what was packed around the line", async () => {
    const line = '{"pod":"p1","_entry":"the line itself"}';
    expect(await run(line, "| unpack")).toEqual({ labels: { pod: "p1" }, line: "the line itself" });
  });
});

describe("label filters", () => {
  test.each([
    ["took=1.5s", "took > 1s", true],
    ["took=1.5s", "took > 2s", false],
    ["took=1m30s", "took = 90s", true],
    ["size=20MB", "size >= 20MB", true],
    ["size=20MB", "size < 1GiB", true],
    ["n=5", "n == 5.0", true],
    ["n=5", "n != 5", false],
    ["n=5", "n > 4 and n < 6", true],
    ["n=5", "n < 4 or n > 6", false],
    ["n=5", "(n < 4 or n = 5), n >= 5", true],
    ["n=five", 'n =~ "f.+"', true],
    ["n=five", 'n !~ "f.+"', false],
    ["n=five", 'missing = ""', true],
    ["n=five", "missing > 1", false],
    ["n=192.168.4.5", 'n = ip("192.168.0.0/16")', true],
    ["n=192.168.4.5", 'n != ip("192.168.0.0/16")', false],
    ["n=five", 'n != ip("192.168.0.0/16")', true],
    ["n=five", 'missing = ip("192.168.0.0/16")', false],
  ])("%s with %s: %s", async (line, filter, passes) => {
    const found = await labelsOf(line, `| logfmt | ${filter}`);
    expect(found !== undefined).toBe(passes);
  });

  test("keep what cannot be compared, and mark it", async () => {
    expect(await labelsOf("n=five", "| logfmt | n > 4")).toMatchObject({
      __error__: "LabelFilterErr",
    });
    expect(await labelsOf("n=five", '| logfmt | n > 4 | __error__=""')).toBeUndefined();
  });

  test("look at structured metadata as well", async () => {
    expect(await labelsOf("x", '| user="7"', { user: "7" })).toEqual({ user: "7" });
    expect(await labelsOf("x", '| user="8"', { user: "7" })).toBeUndefined();
  });
});

describe("lines and labels made anew", () => {
  const line = 'user="Ann Lee" ms=250 path=/a/b';

  test.each([
    ["{{.user}} took {{.ms}}", "Ann Lee took 250"],
    ["{{ .user | ToUpper | trunc 3 }}", "ANN"],
    ['{{ .path | replace "/" "-" }}', "-a-b"],
    ['{{ regexReplaceAll "(\\\\w+) (\\\\w+)" .user "$2 $1" }}', "Lee Ann"],
    ['{{ .none | default "-" }}|{{ __line__ | trunc 4 }}', "-|user"],
    ["{{ alignLeft 5 .ms }}|{{ alignRight 5 .ms }}", "250  |  250"],
    ['{{ if eq .ms "250" }}slow{{ else }}fast{{ end }}!', "slow!"],
    ["{{ if gt .ms 1000 }}slow{{ else if gt .ms 100 }}fair{{ else }}fast{{ end }}", "fair"],
    ["{{ if and .user (not .none) }}{{ .user | lower | title }}{{ end }}", "Ann Lee"],
    ["{{ if .none }}{{ if .user }}both{{ end }}{{ else }}one{{ end }}", "one"],
    ['{{ printf "%-5s|%05d|%.1f|%q" .ms (add .ms 1) 2.25 .path }}', '250  |00251|2.3|"/a/b"'],
    [
      "{{ div .ms 100 }} {{ divf .ms 100 }} {{ mul 2 (len .path) }} {{ round 2.345 1 }}",
      "2 2.5 8 2.3",
    ],
    [
      '{{ __timestamp__ | date "2006-01-02T15:04:05.000Z07:00 Mon Jan 2" }}',
      "2026-01-01T20:40:00.000Z Thu Jan 1",
    ],
    ["{{ __timestamp__ | unixEpoch }}", "1767300000"],
    ['{{ "1m30s" | duration_seconds }} {{ bytes "2KiB" }}', "90 2048"],
    ['{{ /* nothing */ }}{{ contains "Lee" .user }} {{ hasPrefix "/b" .path }}', "true false"],
  ])("line_format %s", async (template, wanted) => {
    const found = await run(line, `| logfmt | line_format ${JSON.stringify(template)}`);
    expect(found?.line).toBe(wanted);
  });

  test.each([
    [
      "label_format who=user, text=`{{.ms}} ms`",
      { who: "Ann Lee", text: "250 ms", ms: "250", path: "/a/b" },
    ],
    ['drop user, ms="250"', { path: "/a/b" }],
    ['drop ms="1"', { user: "Ann Lee", ms: "250", path: "/a/b" }],
    ["keep ms", { ms: "250" }],
  ])("%s", async (stage, wanted) => {
    const engine = await engineWith([{ labels: { app: "web" }, time: TIME, line }]);
    const [stream] = await streams(engine, { ...range, query: `{app="web"} | logfmt | ${stage}` });
    const { app: _, service_name: __, detected_level: ___, ...labels } = stream?.stream ?? {};
    expect(labels).toEqual(wanted);
  });

  test("decolorize takes the colours of terminals away", async () => {
    expect((await run("\u001b[31mred\u001b[0m", "| decolorize"))?.line).toBe("red");
  });
});

describe("line filters", () => {
  test.each([
    ['|= "paid"', true],
    ['|= "Paid"', false],
    ['!= "paid"', false],
    ["|~ `(?i)PAID \\w+`", true],
    ["!~ `\\d{4}`", true],
    ['|= "none" or "order"', true],
    ['|> "<_>paid<_>"', true],
    ['!> "<_>paid<_>"', false],
    ['|= "paid" | line_format "gone" |= "paid"', false],
    ['|= ip("10.0.0.0/8")', true],
    ['|= ip("10.1.0.7")', true],
    ['|= ip("10.1.0.6-10.1.0.8")', true],
    ['|= ip("10.1.0.8-10.1.0.9")', false],
    ['!= ip("10.0.0.0/8")', false],
    ['|= ip("fe80::/10")', true],
    ['|= ip("fe90::1")', false],
  ])("%s: %s", async (stages, passes) => {
    expect(
      (await run("we paid order 12 from 10.1.0.7:80 and fe80::1, never 300.1.1.1", stages)) !==
        undefined,
    ).toBe(passes);
  });
});

test.each([
  ["a repetition", '{{ repeat 1000000000 "ab" }}'],
  ["a line in the place of each character", '{{ regexReplaceAll "" __line__ __line__ }}'],
  ["blanks before each line", "{{ indent 1000 __line__ }}"],
  ["a line again and again", "{{ __line__ }}".repeat(100)],
  ["a line for each letter", '{{ replace "x" __line__ __line__ }}'],
])("a template that would make gigabytes of %s makes a line at most", async (_, template) => {
  const found = await run("x\n".repeat(50_000), `| line_format ${JSON.stringify(template)}`);
  expect(found?.line?.length).toBeLessThanOrEqual(262_144);
});

test("what few lines come through is found behind thousands that do not", async () => {
  const lines = Array.from({ length: 5_000 }, (_, index) => ({
    labels: { app: "web" },
    time: TIME + BigInt(index),
    line: `n=${index} parity=${index % 2 === 0 ? "even" : "odd"}`,
  }));
  const engine = await engineWith(lines, 700);
  for (const direction of ["forward", "backward"]) {
    const query = '{app=~"w.b"} | logfmt | n =~ ".*999" | parity="odd"';
    const { data } = await call(engine, "query_range", { ...range, query, direction, limit: "4" });
    const result: readonly { values: readonly (readonly [string, string])[] }[] = data.result;
    const found = result.flatMap(({ values }) => values.map(([, line]) => line.slice(2, 6))).sort();
    expect(found).toEqual(
      direction === "forward" ? ["1999", "2999", "3999", "999 "] : ["1999", "2999", "3999", "4999"],
    );
  }
});
