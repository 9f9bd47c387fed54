import { expect, test } from "vitest";

import { createRedisSettings } from "../../../../apps/log-service/src/settings/redis/redis-settings.ts";
import { startService, redisUsers } from "../../../support/service.ts";
import { startRedis } from "../../../support/redis.ts";
import { ask } from "../support.ts";
import { send, startAdministered } from "./support.ts";

test("lists every key with its state and without its value", async () => {
  await using service = await startAdministered();
  const answer = await service.call("admin", "/api/admin/keys");
  expect(answer).toMatchObject({
    status: 200,
    body: {
      keys: [
        { name: "writer", kind: "key", roles: ["writer"], namespaces: ["*"], state: "active" },
        { name: "reader" },
        { name: "admin" },
        { name: "some-admin", namespaces: ["payments"] },
      ],
    },
  });
  for (const name of ["writer", "reader", "admin"]) {
    expect(JSON.stringify(answer.body)).not.toContain(service.key(name));
  }
});

test("a revoked key opens nothing from then on, and opens again when that is taken back", async () => {
  await using service = await startAdministered();
  expect(await send(service, "admin", "POST", "/api/admin/keys/reader/revoke")).toMatchObject({
    status: 200,
    body: { name: "reader", state: "revoked" },
  });
  expect(await service.call("reader", "/api/logs")).toMatchObject({
    status: 401,
    body: { error: { code: "NL_KEY_REVOKED", message: "The key reader was revoked" } },
  });
  expect(await service.call("admin", "/api/logs")).toMatchObject({ status: 200 });
  await send(service, "admin", "POST", "/api/admin/keys/reader/restore");
  expect(await service.call("reader", "/api/logs")).toMatchObject({ status: 200 });
});

test("a key that nobody has cannot be revoked", async () => {
  await using service = await startAdministered();
  for (const name of ["nobody", "%2e%2e", "a".repeat(64)]) {
    expect(await send(service, "admin", "POST", `/api/admin/keys/${name}/revoke`)).toMatchObject({
      status: 404,
    });
  }
});

test("attack: an administrator of some namespaces neither sees nor revokes the tenant's keys", async () => {
  await using service = await startAdministered();
  for (const [method, path] of [
    ["GET", "/api/admin/keys"],
    ["POST", "/api/admin/keys/admin/revoke"],
    ["POST", "/api/admin/keys/admin/restore"],
  ] as const) {
    expect(await send(service, "some-admin", method, path)).toMatchObject({ status: 403 });
  }
  expect(await service.call("admin", "/api/logs")).toMatchObject({ status: 200 });
});

test("an expired key is told that it has expired", async () => {
  await using service = await startAdministered({
    keys: [{ name: "old", role: "reader", expires: "2026-01-01T00:00:00Z" }],
  });
  const answer = await service.call("old", "/api/logs");
  expect(answer).toMatchObject({
    status: 401,
    body: { error: { code: "NL_KEY_EXPIRED", message: "The key old has expired" } },
  });
});

test("a revocation reaches every replica within two seconds", async () => {
  await using redis = await startRedis({ users: redisUsers });
  await using one = await startService({ redisUrl: redis.url });
  const asked = (url: string, key: string, path: string, init: RequestInit = {}) =>
    ask(`${url}${path}`, { ...init, headers: { authorization: `Bearer ${key}` } });
  expect(await asked(one.url, one.keys.reader, "/api/levels")).toMatchObject({ status: 200 });
  const follower = createRedisSettings({
    url: redis.url,
    username: "app",
    password: "a password for tests",
  });
  try {
    await follower.read();
    const seen = follower.changed(2_000, new AbortController().signal);
    const path = "/api/admin/keys/reader/revoke";
    expect(await asked(one.url, one.keys.admin, path, { method: "POST" })).toMatchObject({
      status: 200,
    });
    await seen;
    expect([...(follower.current?.entries.keys() ?? [])]).toEqual([
      expect.stringMatching(/^revoked:[0-9a-f]{64}$/),
    ]);
  } finally {
    follower.close();
  }
  expect(await asked(one.url, one.keys.reader, "/api/levels")).toMatchObject({ status: 401 });
});
