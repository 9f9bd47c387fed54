import { expect, test } from "vitest";

import { post, type TestService } from "../support.ts";
import { find, send, startAdministered } from "./support.ts";

const PATH = "/api/admin/clear";

async function withLogs(): Promise<TestService> {
  const service = await startAdministered();
  const at = (minute: number) => `2026-01-01T00:0${minute}:00.000000500Z`;
  await post(
    service,
    "writer",
    JSON.stringify([
      { message: "card declined", source: "checkout", level: "ERROR", timestamp: at(1) },
      { message: "card accepted", source: "checkout", timestamp: at(2) },
      { message: "mail sent", source: "mailer", timestamp: at(3), metadata: { user: 7 } },
      { message: "elsewhere", source: "mailer", timestamp: at(3), namespace: "other" },
    ]),
  );
  return service;
}

const messages = async (service: TestService, namespace = "default") =>
  (await find(service, `namespace=${namespace}`)).map(({ message }) => message);

test.each([
  ["a source", { source: "checkout" }, ["mail sent"]],
  ["a level", { level: "ERROR" }, ["card accepted", "mail sent"]],
  ["a text", { text: "CARD" }, ["mail sent"]],
  ["a query", { q: "source:checkout accepted" }, ["card declined", "mail sent"]],
  ["a time", { from: "2026-01-01T00:02:00Z" }, ["card declined"]],
  [
    "a time to the nanosecond",
    { from: "2026-01-01T00:02:00.000000501Z", to: "2026-01-01T00:03:00.000000500Z" },
    ["card declined", "card accepted", "mail sent"],
  ],
  ["everything", { everything: true }, []],
])("clears by %s, in the namespaces that are named and no other", async (_case, what, left) => {
  await using service = await withLogs();
  const answer = await send(service, "admin", "POST", PATH, { namespace: "default", ...what });
  expect(answer).toMatchObject({ status: 200, body: { tombstones: [{ namespace: "default" }] } });
  expect(await messages(service)).toEqual(left);
  expect(await messages(service, "other")).toEqual(["elsewhere"]);
});

test("counts what it would clear, and clears none of it", async () => {
  await using service = await withLogs();
  const asked = { namespace: ["default", "other"], source: "mailer", dry_run: true };
  expect(await send(service, "admin", "POST", PATH, asked)).toMatchObject({
    status: 200,
    body: { namespaces: ["default", "other"], records: 2, truncated: false },
  });
  expect(await messages(service)).toHaveLength(3);
});

test("what is stored after clearing stays", async () => {
  await using service = await withLogs();
  await send(service, "admin", "POST", PATH, { namespace: "default", source: "checkout" });
  await post(service, "writer", '{"message":"card again","source":"checkout"}');
  expect(await messages(service)).toEqual(["mail sent", "card again"]);
});

test("lists clearings with what they cover and who asked", async () => {
  await using service = await withLogs();
  await send(service, "admin", "POST", PATH, { namespace: "default", source: "checkout" });
  expect(await service.call("admin", "/api/admin/tombstones")).toMatchObject({
    status: 200,
    body: { tombstones: [{ namespace: "default", by: "admin", from: null, to: null }] },
  });
});

test.each([
  ["without a namespace", { source: "checkout" }],
  ["without any condition", { namespace: "default" }],
  ["with a field that is not known", { namespace: "default", sources: "checkout" }],
  ["with a query that pipes", { namespace: "default", q: "* | stats count()" }],
  ["with a query that is none", { namespace: "default", q: "source:(" }],
  ["with a level that is none", { namespace: "default", level: "LOUD" }],
  ["with a time that is none", { namespace: "default", from: "noon" }],
])("attack: clearing %s clears nothing", async (_case, asked) => {
  await using service = await withLogs();
  expect(await send(service, "admin", "POST", PATH, asked)).toMatchObject({ status: 400 });
  expect(await messages(service)).toHaveLength(3);
});

test("attack: nobody clears what its key does not reach, or the audit", async () => {
  await using service = await withLogs();
  const everything = { everything: true };
  for (const [key, namespace] of [
    ["some-admin", "default"],
    ["admin", "audit"],
    ["writer", "default"],
    ["reader", "default"],
  ] as const) {
    const answer = await send(service, key, "POST", PATH, { namespace, ...everything });
    expect([key, answer.status]).toEqual([key, 403]);
  }
  expect(await messages(service)).toHaveLength(3);
});

test("attack: clearing with text that is not UTF-8 clears nothing: read leniently it would name others", async () => {
  await using service = await startAdministered();
  await post(service, "writer", '{"message":"kept","source":"caf\\ufffd"}');
  const answer = await service.call("admin", PATH, {
    method: "POST",
    body: Buffer.from('{"namespace":"default","source":"caf\u00e9"}', "latin1"),
    headers: { "content-type": "application/json" },
  });
  expect(answer).toMatchObject({ status: 400, body: { error: { code: "NL_BODY_NOT_UTF8" } } });
  expect(await messages(service)).toEqual(["kept"]);
});
