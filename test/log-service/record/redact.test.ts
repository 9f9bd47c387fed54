import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { RECORD_LIMITS } from "../../../apps/log-service/src/limits.ts";
import { isRejection, normalize } from "../../../apps/log-service/src/record/normalize.ts";
import type { PreparedRecord } from "../../../apps/log-service/src/record/record.ts";
import { patternRule } from "../../../apps/log-service/src/record/redact-patterns.ts";
import {
  createRedactor,
  type RedactionConfig,
} from "../../../apps/log-service/src/record/redact.ts";

function prepared(input: object): PreparedRecord {
  const record = normalize(input, { namespace: "default", received: 1_700_000_000_000 });
  if (isRejection(record)) throw new Error(record.message);
  return record;
}

function redact(config: Partial<RedactionConfig>, input: object): PreparedRecord {
  const redactor = createRedactor({ fields: [], presets: [], patterns: [], ...config });
  return redactor.apply(prepared(input));
}

const message = (config: Partial<RedactionConfig>, text: string) =>
  redact(config, { message: text }).message;
const metadata = (config: Partial<RedactionConfig>, value: object): unknown =>
  JSON.parse(redact(config, { message: "a", metadata: value }).metadata);

const pattern = (text: string) => ({
  test: (whole: string) => new RegExp(text).test(whole),
  *matches(whole: string) {
    for (const { 0: match, index } of whole.matchAll(new RegExp(text, "g"))) {
      yield [index, index + match.length] as const;
    }
  },
});

describe("fields", () => {
  const config = { fields: ["password", "api_key", "Authorization"] };

  test("lose their values at any depth, in any case, whatever the values are", () => {
    expect(
      metadata(config, {
        user: "ada",
        PASSWORD: "hunter2",
        deep: [{ Api_Key: { a: 1 } }, { password: null }],
      }),
    ).toEqual({
      user: "ada",
      PASSWORD: "[REDACTED]",
      deep: [{ Api_Key: "[REDACTED]" }, { password: "[REDACTED]" }],
    });
  });

  test("are known as the last step of a flattened path", () => {
    expect(metadata(config, { "http.request.header.authorization": "x" })).toEqual({
      "http.request.header.authorization": "[REDACTED]",
    });
  });

  test("are known by their whole name", () => {
    expect(metadata(config, { password_age: 3, nopassword: "x" })).toEqual({
      password_age: 3,
      nopassword: "x",
    });
    expect(message(config, "password_age=3 nopassword=x passwords=y")).toBe(
      "password_age=3 nopassword=x passwords=y",
    );
  });

  test.each([
    ["login password=hunter2 user=ada", "login password=[REDACTED] user=ada"],
    ['login Password: "hun ter2", user ada', 'login Password: "[REDACTED]", user ada'],
    ["{'password': 'hunter2'}", "{'password': '[REDACTED]'}"],
    ['{"a":1,"password":"hun\\"ter2","b":2}', '{"a":1,"password":"[REDACTED]","b":2}'],
    [
      String.raw`{"body":"{\"password\":\"hunter2\",\"b\":2}"}`,
      String.raw`{"body":"{\"password\":\"[REDACTED]\",\"b\":2}"}`,
    ],
    ["Authorization: Bearer hunter2", "Authorization: [REDACTED]"],
    ["?api_key=hunter2&page=2", "?api_key=[REDACTED]&page=2"],
    ["password => hunter2", "password => [REDACTED]"],
    ['password={"old":"hunter2"} x', "password=[REDACTED]"],
    ['password="hunter2 without an end', 'password="[REDACTED]'],
    [String.raw`password=\hunter2`, "password=[REDACTED]"],
    ["the password is wrong", "the password is wrong"],
  ])("lose their values in a message: %s", (text, expected) => {
    expect(message(config, text)).toBe(expected);
  });

  test("lose their values in tags", () => {
    expect(redact(config, { message: "a", tags: ["env:prod", "password:hunter2"] }).tags).toBe(
      '["env:prod","password:[REDACTED]"]',
    );
  });
});

describe("presets", () => {
  test.each([
    [
      "bearer-tokens",
      "sent Authorization: Bearer abc.def-123",
      "sent Authorization: Bearer [REDACTED]",
    ],
    ["bearer-tokens", "the bearer of this", "the bearer of this"],
    ["json-web-tokens", "t=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln;", "t=[REDACTED];"],
    ["card-numbers", "paid with 4111 1111 1111 1111 today", "paid with [REDACTED] today"],
    ["card-numbers", "paid with 4111-1111-1111-1111.", "paid with [REDACTED]."],
    ["card-numbers", "order 4111111111111112", "order 4111111111111112"],
    ["card-numbers", "took 41111111111111111111 ns", "took 41111111111111111111 ns"],
    ["email-addresses", "from ada@example.com to bob", "from [REDACTED] to bob"],
    ["email-addresses", "@all see a@b", "@all see a@b"],
  ] as const)("%s: %s", (preset, text, expected) => {
    expect(message({ presets: [preset] }, text)).toBe(expected);
  });

  test("see numbers of the metadata", () => {
    expect(metadata({ presets: ["card-numbers"] }, { card: 4111111111111111, ms: 12 })).toEqual({
      card: "[REDACTED]",
      ms: 12,
    });
  });
});

describe("patterns", () => {
  const config = { patterns: [pattern("emp-[0-9]{4}")] };

  test("are found in messages, sources, tags and nested metadata", () => {
    const record = redact(config, {
      message: "by emp-1234, emp-5678",
      source: "desk/emp-1234",
      tags: ["emp-1234"],
      metadata: { a: [{ b: "x emp-1234" }] },
    });
    expect(record).toMatchObject({
      message: "by [REDACTED], [REDACTED]",
      source: "desk/[REDACTED]",
      tags: '["[REDACTED]"]',
      metadata: '{"a":[{"b":"x [REDACTED]"}]}',
    });
  });

  test("attack: a text with too many slow matches loses its rest, not our time", () => {
    let clock = 0;
    const rule = patternRule(pattern("b"), () => (clock += 10));
    const cleaned = rule("ab".repeat(10_000));
    expect(cleaned.length).toBeLessThan(200);
    expect(cleaned.endsWith("[REDACTED]")).toBe(true);
  });
});

test("a record in which nothing is found stays the very record", () => {
  const redactor = createRedactor({
    fields: ["password"],
    presets: ["bearer-tokens", "json-web-tokens", "card-numbers", "email-addresses"],
    patterns: [pattern("emp-[0-9]{4}")],
  });
  const record = prepared({ message: "took 3 ms", tags: ["a"], metadata: { a: { b: [1, "x"] } } });
  expect(redactor.apply(record)).toBe(record);
});

test("without rules nothing is active", () => {
  expect(createRedactor({ fields: [], presets: [], patterns: [] }).active).toBe(false);
});

test("attack: a record that grows by what stands in its place stays within its limits", () => {
  const fields = ["p"];
  const long = message({ fields }, "p=1 ".repeat(RECORD_LIMITS.messageUnits / 4));
  expect(long.length).toBe(RECORD_LIMITS.messageUnits);
  const wide = Object.fromEntries(
    Array.from({ length: 3_500 }, (_, at) => [`a${at}`, { p: 1 }] as const),
  );
  expect(metadata({ fields }, wide)).toEqual({ redacted: "[REDACTED]" });
});

test("attack: texts made to be slow are not", () => {
  const config = {
    fields: ["password"],
    presets: ["bearer-tokens", "json-web-tokens", "card-numbers", "email-addresses"],
  } as const;
  const units = RECORD_LIMITS.messageUnits;
  for (const part of [
    "1",
    "1 ",
    "password=",
    'password="',
    "a",
    "a.",
    "a@",
    "a@a.",
    "eyJ",
    "eyJaaaaaaaa",
    "Bearer ",
    "\\",
    'password:\\"\\',
    "password=[",
    "1-",
  ]) {
    const text = part.repeat(Math.floor(units / part.length));
    const before = process.threadCpuUsage().user;
    message(config, text);
    // Quadratic ones take minutes.
    expect([part, process.threadCpuUsage().user - before < 2_000_000]).toEqual([part, true]);
  }
});

test("any record stays one: nothing throws, and a secret field's value is nowhere", () => {
  const redactor = createRedactor({
    fields: ["secret"],
    presets: ["bearer-tokens", "json-web-tokens", "card-numbers", "email-addresses"],
    patterns: [pattern("x+y")],
  });
  fc.assert(
    fc.property(
      fc.string({ unit: "binary" }),
      fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })),
      (text, values) => {
        const record = normalize(
          { message: `${text} secret="q7Zp"`, metadata: { values, secret: "q7Zp" } },
          { namespace: "default", received: 0 },
        );
        if (isRejection(record)) return;
        const cleaned = redactor.apply(record);
        expect(cleaned.metadata).not.toContain("q7Zp");
        expect(cleaned.message).not.toContain("q7Zp");
        expect(cleaned.message.isWellFormed()).toBe(true);
        expect(typeof JSON.parse(cleaned.metadata)).toBe("object");
      },
    ),
  );
});
