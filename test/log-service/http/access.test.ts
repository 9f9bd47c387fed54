import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { ask, rawRequest, startTestService, type TestService } from "./support.ts";

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

const WRITE = {
  method: "POST",
  body: '{"message":"a"}',
  headers: { "content-type": "application/json" },
} as const;

/** Every route behind a key, with the roles that it lets in. */
const ROUTES = [
  { path: "/api/logs", init: WRITE, roles: ["writer", "admin"] },
  { path: "/api/logs", init: {}, roles: ["reader", "admin"] },
  { path: "/api/namespaces", init: {}, roles: ["reader", "admin"] },
  { path: "/metrics", init: {}, roles: ["admin"] },
] as const;

describe.each(ROUTES)("$init.method $path", ({ path, init, roles }) => {
  test.each(["writer", "reader", "admin"])("decides by the role of a %s", async (role) => {
    const allowed = roles.some((name) => name === role);
    const answer = await service.call(role, path, init);
    const refused = { status: 403, body: { error: { code: "NL_FORBIDDEN_ROLE" } } };
    expect(answer).toMatchObject(allowed ? { status: 200 } : refused);
  });

  test.each([
    ["no key", undefined],
    ["an unknown key", `Bearer nlk_${"x".repeat(43)}`],
    ["an empty key", "Bearer "],
    ["another scheme", "Basic YTpi"],
    ["a key without its scheme", "key"],
    ["a key of 10,000 characters", `Bearer ${"x".repeat(10_000)}`],
    ["two keys", "Bearer a, Bearer b"],
  ])("attack: %s opens nothing", async (_case, authorization) => {
    const headers = new Headers(new Headers("headers" in init ? init.headers : {}));
    if (authorization !== undefined) headers.set("authorization", authorization);
    const answer = await ask(`${service.url}${path}`, { ...init, headers });
    expect(answer).toMatchObject({ status: 401, body: { error: { code: "NL_UNAUTHENTICATED" } } });
    expect(answer.headers.get("www-authenticate")).toBe("Bearer");
  });

  test("attack: a key in the address is no key", async () => {
    const answer = await ask(`${service.url}${path}?key=${service.key("admin")}`, init);
    expect(answer.status).toBe(401);
  });
});

test("a key that writes and reads, as an assistant's does, administers nothing", async () => {
  await using own = await startTestService({
    keys: [{ name: "assistant", role: ["writer", "reader"] }],
  });
  expect(await own.call("assistant", "/api/logs", WRITE)).toMatchObject({ status: 200 });
  expect(await own.call("assistant", "/api/logs")).toMatchObject({ status: 200 });
  expect(await own.call("assistant", "/metrics")).toMatchObject({
    status: 403,
    body: { error: { code: "NL_FORBIDDEN_ROLE" } },
  });
});

test("a metrics reader has to reach every namespace", async () => {
  await using own = await startTestService({
    keys: [{ name: "some", role: "admin", namespaces: ["payments"] }],
  });
  expect(await own.call("some", "/metrics")).toMatchObject({ status: 403 });
});

test("a key that is issued or revoked takes effect without a restart", async () => {
  await using own = await startTestService({
    keys: [
      { name: "first", role: "reader" },
      { name: "second", role: "reader" },
    ],
  });
  own.access.list([{ name: "second", role: "reader" }]);
  await expect.poll(() => own.call("first", "/api/logs")).toMatchObject({ status: 401 });
  expect(await own.call("second", "/api/logs")).toMatchObject({ status: 200 });
});

/** One request of a connection that stays open unless it is the last. */
function request(authorization: string | undefined, last = false): string {
  const head = [
    "GET /api/logs HTTP/1.1",
    "host: a",
    ...(authorization === undefined ? [] : [`authorization: ${authorization}`]),
    ...(last ? ["connection: close"] : []),
  ];
  return `${head.join("\r\n")}\r\n\r\n`;
}

function statuses(answers: string): string[] {
  return [...answers.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status = ""]) => status);
}

test("attack: a connection that one key came in by lets in no other, and nobody without", async () => {
  const reader = service.key("reader");
  const near = `${reader.slice(0, -1)}${reader.endsWith("A") ? "B" : "A"}`;
  const shown = [reader, near, undefined, service.key("writer"), "", reader].map((key) =>
    key === undefined ? undefined : `Bearer ${key}`,
  );
  const pieces = shown.map((header, at) => request(header, at === shown.length - 1));
  const answers = await rawRequest(Number(new URL(service.url).port), pieces);
  expect(statuses(answers)).toEqual(["200", "401", "401", "403", "401", "200"]);
});

test("attack: a revoked key stays out of the connection that it had open", async () => {
  await using own = await startTestService();
  const header = `Bearer ${own.key("reader")}`;
  async function* pieces() {
    yield request(header);
    await own.call("admin", "/api/admin/keys/reader/revoke", { method: "POST" });
    yield request(header, true);
  }
  const answers = await rawRequest(Number(new URL(own.url).port), pieces());
  expect(statuses(answers)).toEqual(["200", "401"]);
});

test.each([
  ["Bearer", (key: string) => `Bearer ${key}`],
  ["Basic, as a password", (key: string) => `Basic ${btoa(`anybody:${key}`)}`],
  ["ApiKey, after an id", (key: string) => `ApiKey ${btoa(`some-id:${key}`)}`],
  ["a scheme in other letters", (key: string) => `bASIC ${btoa(`:${key}`)}`],
])("a key is taken as %s", async (_case, header) => {
  const headers = { authorization: header(service.key("reader")) };
  expect(await ask(`${service.url}/api/logs`, { headers })).toMatchObject({ status: 200 });
});

test.each([
  ["Basic with the key as the user", (key: string) => `Basic ${btoa(`${key}:`)}`],
  ["Basic without a colon", (key: string) => `Basic ${btoa(key)}`],
  ["ApiKey that is not base64 of id:key", (key: string) => `ApiKey ${key}`],
  ["Basic with more after the key", (key: string) => `Basic ${btoa(`a:${key}:b`)}`],
])("attack: %s opens nothing", async (_case, header) => {
  const headers = { authorization: header(service.key("reader")) };
  expect(await ask(`${service.url}/api/logs`, { headers })).toMatchObject({ status: 401 });
});

test("what is open to everybody tells nothing of the tenant's logs", async () => {
  for (const path of ["/health/live", "/health/ready", "/openapi.json"]) {
    expect(await ask(`${service.url}${path}`)).toMatchObject({ status: 200 });
  }
});

test("no key and no log text ever stands in the service's own log", async () => {
  await using own = await startTestService();
  const secret = "text-that-nobody-should-log";
  await own.call("writer", "/api/logs", { ...WRITE, body: JSON.stringify({ message: secret }) });
  await own.call("writer", "/api/logs", { ...WRITE, body: `{"message":"${secret}` });
  await own.call("reader", `/api/logs?text=${secret}&nonsense=${secret}`);
  await own.call("reader", `/nowhere/${secret}`);
  await ask(`${own.url}/api/logs`, { headers: { authorization: `Bearer ${secret}` } });
  expect(own.log()).toContain("listens");
  for (const text of [secret, own.key("writer"), own.key("reader")]) {
    expect(own.log()).not.toContain(text);
  }
});

test("no answer lets another origin's page read it", async () => {
  const answer = await service.call("reader", "/api/logs", {
    headers: { origin: "https://evil.example" },
  });
  expect(answer.headers.get("access-control-allow-origin")).toBeNull();
  const preflight = await ask(`${service.url}/api/logs`, {
    method: "OPTIONS",
    headers: { origin: "https://evil.example", "access-control-request-method": "POST" },
  });
  expect(preflight.status).toBe(405);
  expect(preflight.headers.get("access-control-allow-origin")).toBeNull();
});
