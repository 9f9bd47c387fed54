import { expect, test } from "vitest";

import { createMemoryStore } from "../../../../apps/log-service/src/store/memory/memory-store.ts";
import { ServiceError } from "../../../../apps/log-service/src/errors.ts";
import { post } from "../support.ts";
import { audit, find, send, startAdministered } from "./support.ts";

const LEVEL = { source: "checkout", level: "WARN" };

test("every call that changes something says who did what, with what, from where and how it ended", async () => {
  await using service = await startAdministered();
  await send(service, "admin", "PUT", "/api/admin/levels", LEVEL);
  await send(service, "admin", "POST", "/api/admin/keys/reader/revoke");
  await send(service, "admin", "POST", "/api/admin/keys/nobody/revoke");
  await send(service, "admin", "POST", "/api/admin/clear", { namespace: "default", level: "INFO" });
  await send(service, "some-admin", "POST", "/api/admin/keys/reader/restore");
  const entries = (await audit(service)).map(({ metadata }) => metadata);
  const by = "admin";
  expect(entries).toMatchObject([
    { by, action: "levels.set", outcome: "ok", from: "127.0.0.1", details: LEVEL },
    { by, action: "keys.revoke", outcome: "ok", details: { name: "reader" } },
    { by, action: "keys.revoke", outcome: "NL_KEY_UNKNOWN", details: { name: "nobody" } },
    { by, action: "logs.clear", outcome: "ok", details: { level: ["INFO"] } },
    { by: "some-admin", action: "keys.restore", outcome: "NL_FORBIDDEN_NAMESPACE" },
  ]);
});

test("somebody without the role who tries is written down, but fills nothing", async () => {
  await using service = await startAdministered();
  for (let at = 0; at < 50; at += 1) {
    expect((await send(service, "writer", "PUT", "/api/admin/levels", LEVEL)).status).toBe(403);
  }
  await expect.poll(() => audit(service)).not.toEqual([]);
  const entries = await audit(service);
  expect(entries.length).toBeLessThan(10);
  expect(entries[0]?.metadata).toMatchObject({ by: "writer", outcome: "NL_FORBIDDEN_ROLE" });
});

test("a search that does not name the audit does not find it", async () => {
  await using service = await startAdministered();
  await send(service, "admin", "PUT", "/api/admin/levels", LEVEL);
  expect(await find(service, "")).toEqual([]);
  expect(await audit(service)).toHaveLength(1);
});

test("a tenant without namespaces has an audit all the same", async () => {
  await using service = await startAdministered({ env: { NEURALLOG_NAMESPACES: "disabled" } });
  await send(service, "admin", "PUT", "/api/admin/levels", LEVEL);
  expect(await audit(service)).toHaveLength(1);
});

test("the service's own log has each call too", async () => {
  await using service = await startAdministered();
  await send(service, "admin", "PUT", "/api/admin/levels", LEVEL);
  expect(service.log()).toContain('"action":"levels.set"');
});

test("attack: nobody but an administrator reads the audit, and nobody writes to it", async () => {
  await using service = await startAdministered();
  await send(service, "admin", "PUT", "/api/admin/levels", LEVEL);
  for (const path of ["/api/logs", "/api/logs/count", "/api/logs/stream", "/api/logs/export"]) {
    expect(await service.call("reader", `${path}?namespace=audit`)).toMatchObject({ status: 403 });
  }
  expect(JSON.stringify((await service.call("reader", "/api/namespaces")).body)).not.toContain(
    "audit",
  );
  for (const key of ["writer", "admin"]) {
    const named = await post(
      service,
      key,
      '{"message":"I did nothing"}',
      undefined,
      "?namespace=audit",
    );
    expect([key, named.status]).toEqual([key, 403]);
    const inside = await post(service, key, '{"message":"I did nothing","namespace":"audit"}');
    expect(inside).toMatchObject({
      status: 400,
      body: { rejected: [{ code: "NL_RECORD_NAMESPACE_FORBIDDEN" }] },
    });
  }
  expect(await audit(service)).toHaveLength(1);
});

test("an audit that cannot be stored stands in the service's own log, and what was done stays done", async () => {
  const store = createMemoryStore();
  await using service = await startAdministered({ store });
  store.append = () => Promise.reject(new ServiceError("NL_STORE_FULL"));
  const answer = await send(service, "admin", "PUT", "/api/admin/levels", LEVEL);
  expect(answer.status).toBe(200);
  expect(service.log()).toContain("An audit record could not be stored");
});
