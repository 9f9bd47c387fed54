import { expect, test } from "vitest";

import { createMemorySettings } from "../../../../apps/log-service/src/settings/memory/memory-settings.ts";
import { send, startAdministered } from "./support.ts";

const PATH = "/api/admin/levels";
const set = (source: string, level: string, namespace?: string) => ({
  source,
  level,
  ...(namespace === undefined ? {} : { namespace }),
});

/** Settings that tell when somebody waits for a change of them. */
function watchedSettings() {
  const settings = createMemorySettings();
  const { promise: waits, resolve } = Promise.withResolvers<void>();
  const { changed } = settings;
  settings.changed = (ms, signal) => {
    resolve();
    return changed(ms, signal);
  };
  return { settings, waits };
}

test("a level is set, shown to programs without who set it, and taken back", async () => {
  await using service = await startAdministered();
  expect(await send(service, "admin", "PUT", PATH, set("checkout/eu:1", "debug"))).toMatchObject({
    status: 200,
    body: { source: "checkout/eu:1", namespace: "*", level: "DEBUG", by: "admin" },
  });
  const shown = [{ source: "checkout/eu:1", namespace: "*", level: "DEBUG" }];
  for (const key of ["writer", "reader"]) {
    expect((await service.call(key, "/api/levels")).body).toEqual({
      levels: shown,
      default_namespace: "default",
    });
  }
  const source = encodeURIComponent("checkout/eu:1");
  expect(await send(service, "admin", "DELETE", `${PATH}?source=${source}`)).toMatchObject({
    status: 204,
  });
  expect((await service.call("writer", "/api/levels")).body).toMatchObject({ levels: [] });
});

test("a program that waits hears of a change at once, and of none as 304", async () => {
  await using service = await startAdministered();
  const first = await service.call("writer", "/api/levels");
  const headers = { "if-none-match": first.headers.get("etag") ?? "" };
  expect((await service.call("writer", "/api/levels", { headers })).status).toBe(304);
  expect((await service.call("writer", "/api/levels?wait=1", { headers })).status).toBe(304);
  const waiting = service.call("writer", "/api/levels?wait=30", { headers });
  await send(service, "admin", "PUT", PATH, set("checkout", "WARN"));
  expect(await waiting).toMatchObject({
    status: 200,
    body: { levels: [{ source: "checkout", namespace: "*", level: "WARN" }] },
  });
});

test("a program that waits is not woken by what its key does not reach", async () => {
  const { settings, waits } = watchedSettings();
  await using service = await startAdministered({
    settings,
    keys: [
      { name: "admin", role: "admin" },
      { name: "shop", role: "writer", namespaces: ["shop"] },
    ],
  });
  const headers = {
    "if-none-match": (await service.call("shop", "/api/levels")).headers.get("etag") ?? "",
  };
  const waiting = service.call("shop", "/api/levels?wait=2", { headers });
  await waits;
  await send(service, "admin", "PUT", PATH, set("checkout", "WARN", "payments"));
  expect((await waiting).status).toBe(304);
});

test("stopping does not wait for programs that wait", async () => {
  const { settings, waits } = watchedSettings();
  const service = await startAdministered({ settings });
  const first = await service.call("writer", "/api/levels");
  const headers = { "if-none-match": first.headers.get("etag") ?? "" };
  const waiting = service.call("writer", "/api/levels?wait=50", { headers });
  await waits;
  await service.stop();
  expect((await waiting).status).toBe(304);
});

test.each([
  ["no source", set("", "WARN")],
  ["a source that is too long", set("x".repeat(257), "WARN")],
  ["no level that there is", set("a", "LOUD")],
  ["a namespace that is none", set("a", "WARN", "no:name")],
  ["the audit", set("a", "WARN", "audit")],
  ["a field that is not known", { ...set("a", "WARN"), until: "tomorrow" }],
  ["no object", [1]],
])("attack: %s is refused", async (_case, body) => {
  await using service = await startAdministered();
  const answer = await send(service, "admin", "PUT", PATH, body);
  expect([400, 403]).toContain(answer.status);
  expect((await service.call("writer", "/api/levels")).body).toMatchObject({ levels: [] });
});

test("attack: an administrator of some namespaces sets no level for others, or for all", async () => {
  await using service = await startAdministered();
  for (const namespace of ["shop", "*"]) {
    const answer = await send(service, "some-admin", "PUT", PATH, set("a", "WARN", namespace));
    expect(answer.status).toBeGreaterThanOrEqual(400);
  }
  const own = await send(service, "some-admin", "PUT", PATH, set("a", "WARN", "payments"));
  expect(own.status).toBe(200);
});

test("tells each key the namespace that its records go to, which is the one its levels are of", async () => {
  await using service = await startAdministered({
    keys: [
      { name: "everywhere", role: "writer" },
      { name: "payments", role: "writer", namespaces: ["payments"] },
      { name: "several", role: "writer", namespaces: ["payments", "default"] },
    ],
  });
  const own = async (key: string) => (await service.client(key).levels()).default_namespace;
  expect([await own("everywhere"), await own("payments"), await own("several")]).toEqual([
    "default",
    "payments",
    "default",
  ]);
});
