import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { LogRecord } from "@neurallog/client";
import { startTestService, type TestService } from "./support.ts";

const T0 = Date.UTC(2026, 0, 2, 3, 4, 5);
const at = (seconds: number) => new Date(T0 + seconds * 1000).toISOString();

let service: TestService;
beforeAll(async () => {
  service = await startTestService({
    keys: [
      { name: "writer", role: "writer" },
      { name: "reader", role: "reader" },
      { name: "payments", role: "reader", namespaces: ["payments"] },
      { name: "absent", role: "reader", namespaces: ["absent"] },
    ],
  });
  await service.client("writer").write([
    { message: "zero", timestamp: at(0), level: "DEBUG", source: "web", tags: ["a", "b"] },
    { message: "One", timestamp: at(1), level: "INFO", source: "web", tags: ["a"] },
    {
      message: "two",
      timestamp: at(2),
      level: "WARN",
      source: "db",
      metadata: { user: { id: 42 } },
    },
    { message: "three", timestamp: at(3), level: "ERROR", source: "job", trace_id: "t-1" },
    { message: "four", timestamp: at(4), level: "FATAL", source: "db", namespace: "payments" },
  ]);
});
afterAll(() => service.stop());

async function found(query: string, key = "reader"): Promise<string[]> {
  const { status, body } = await service.call(key, `/api/logs?order=asc&${query}`);
  if (status !== 200) throw new Error(JSON.stringify(body));
  const records: readonly LogRecord[] = Reflect.get(Object(body), "records");
  return records.map(({ message }) => message);
}

describe("GET /api/logs", () => {
  test.each([
    ["", ["zero", "One", "two", "three", "four"]],
    ["level=warn", ["two", "three", "four"]],
    ["level=info,ERROR", ["One", "three"]],
    ["level=info&level=error", ["One", "three"]],
    ["source=db", ["two", "four"]],
    ["source=db&source=job", ["two", "three", "four"]],
    ["tag=a", ["zero", "One"]],
    ["tag=a&tag=b", ["zero"]],
    ["trace_id=t-1", ["three"]],
    ["text=O", ["zero", "One", "two", "four"]],
    ["text=", ["zero", "One", "two", "three", "four"]],
    ["metadata.user.id=42", ["two"]],
    ["metadata.user.id=43", []],
    ["namespace=payments", ["four"]],
    ["namespace=payments&namespace=default&source=db", ["two", "four"]],
    ["namespace=unheard-of", []],
    [`from=${at(2)}`, ["two", "three", "four"]],
    [`to=${at(2)}`, ["zero", "One"]],
    [`from=${T0 + 1000}&to=${T0 + 3000}`, ["One", "two"]],
    ["from=15m", []],
    ["to=now", ["zero", "One", "two", "three", "four"]],
    ["limit=2", ["zero", "One"]],
  ])("with %s finds %j", async (query, messages) => {
    expect(await found(query)).toEqual(messages);
  });

  test("answers newest first when no order is given", async () => {
    const { records } = await service.client("reader").search({ limit: 2 });
    expect(records.map(({ message }) => message)).toEqual(["four", "three"]);
  });

  test("goes on with a cursor, without gap or repeat, though records arrive in between", async () => {
    await using own = await startTestService();
    const writer = own.client("writer");
    const all = Array.from({ length: 25 }, (_, n) => `m${n}`);
    await writer.write(all.map((message, n) => ({ message, timestamp: at(n) })));
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await own.client("reader").search({ limit: 4, order: "asc", cursor });
      seen.push(...page.records.map(({ message }) => message));
      // In a namespace that did not exist when the search began.
      await writer.write({ message: "late", namespace: `late-${seen.length}` });
      cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(all);
  });

  test("answers only what was stored after a position", async () => {
    await using own = await startTestService();
    await own.client("writer").write({ message: "before" });
    const { position } = await own.client("reader").search({ limit: 1 });
    await own.client("writer").write([
      { message: "old", timestamp: at(0) },
      { message: "elsewhere", namespace: "new" },
    ]);
    const { records } = await own.client("reader").search({ after: position, order: "asc" });
    expect(records.map(({ message }) => message)).toEqual(["old", "elsewhere"]);
  });

  test.each([
    ["level=LOUD", "level"],
    ["level=", "level"],
    ["from=yesterday", "from"],
    ["to=2026-13-01T00:00:00Z", "to"],
    ["from=999999999999999999999", "from"],
    ["limit=0", "limit"],
    ["limit=-1", "limit"],
    ["limit=1e3", "limit"],
    ["limit=1001", "limit"],
    ["limit=1&limit=2", "limit"],
    ["order=random", "order"],
    ["namespace=..", "namespace"],
    ["metadata.=1", "metadata."],
    [`metadata.${"a.".repeat(40)}b=1`, `metadata.${"a.".repeat(32)}`],
    ["text=a&text=b", "text"],
  ])("with %s says which parameter is wrong", async (query, parameter) => {
    const answer = await service.call("reader", `/api/logs?${query}`);
    expect(answer).toMatchObject({
      status: 400,
      body: { error: { code: "NL_PARAMETER_INVALID", details: { parameter } } },
    });
  });

  test.each([
    ["levl=INFO", "level"],
    ["traceid=1", "trace_id"],
    ["Limit=1", "limit"],
  ])("with %s suggests %s", async (query, suggestion) => {
    const answer = await service.call("reader", `/api/logs?${query}`);
    expect(answer).toMatchObject({
      status: 400,
      body: { error: { code: "NL_PARAMETER_UNKNOWN", details: { suggestion } } },
    });
  });

  test.each(["x", "~", "x~default", "AAAA~default", "%00", "eyJ9", "a".repeat(9_000)])(
    "attack: the forged cursor %s is refused",
    async (cursor) => {
      const answer = await service.call("reader", `/api/logs?cursor=${cursor}`);
      expect(answer.status).toBe(400);
    },
  );

  test("attack: a cursor of another search is refused", async () => {
    const { next_cursor } = await service.client("reader").search({ limit: 1 });
    const answer = await service.call("reader", `/api/logs?source=db&cursor=${next_cursor}`);
    expect(answer).toMatchObject({ status: 400, body: { error: { code: "NL_CURSOR_INVALID" } } });
  });

  test("attack: a cursor that names a namespace out of reach opens nothing", async () => {
    const { next_cursor } = await service.client("reader").search({ limit: 1 });
    const answer = await service.call("payments", `/api/logs?cursor=${next_cursor}`);
    expect(answer).toMatchObject({
      status: 403,
      body: { error: { code: "NL_FORBIDDEN_NAMESPACE" } },
    });
  });

  test("attack: too many parameters are refused", async () => {
    const query = Array.from({ length: 65 }, () => "tag=a").join("&");
    expect(await service.call("reader", `/api/logs?${query}`)).toMatchObject({ status: 400 });
  });

  test("attack: a parameter named __proto__ is just not known", async () => {
    const answer = await service.call("reader", "/api/logs?__proto__[admin]=1&__proto__=2");
    expect(answer).toMatchObject({
      status: 400,
      body: { error: { code: "NL_PARAMETER_UNKNOWN" } },
    });
  });
});

describe("a key limited to namespaces", () => {
  test("searches those when it names none", async () => {
    expect(await found("", "payments")).toEqual(["four"]);
  });

  test("attack: does not see another namespace when its own does not exist", async () => {
    expect(await found("", "absent")).toEqual([]);
  });

  test.each(["default", "unheard-of"])(
    "attack: is refused %s, whether that exists or not",
    async (name) => {
      const answer = await service.call("payments", `/api/logs?namespace=${name}`);
      expect(answer).toMatchObject({
        status: 403,
        body: { error: { code: "NL_FORBIDDEN_NAMESPACE" } },
      });
    },
  );

  test("lists those only", async () => {
    const names = async (key: string) =>
      (await service.client(key).namespaces()).map(({ name }) => name);
    expect(await names("payments")).toEqual(["payments"]);
    expect(await names("absent")).toEqual([]);
    expect(await names("reader")).toEqual(["default", "payments"]);
  });
});

test("a namespace is described by its records, bytes and times", async () => {
  const [first] = await service.client("reader").namespaces();
  expect(first).toMatchObject({ name: "default", records: 4, oldest: at(0), newest: at(3) });
  expect(first?.bytes).toBeGreaterThan(0);
});
