import { createHash } from "node:crypto";
import { expect, it } from "vitest";

import { createRedisStore } from "../../../../apps/log-service/src/store/redis/redis-store.ts";
import { usersAcl } from "../../../../generator/render/redis-conf.ts";
import { startRedis } from "../../../support/redis.ts";
import { sampleRecord } from "../../record/sample.ts";
import { contents } from "../conformance.ts";
import { readyStore } from "./ready.ts";

it("needs nothing that a tenant's Redis does not allow its user", async () => {
  const hash = (password: string) => createHash("sha256").update(password).digest("hex");
  const users = usersAcl({
    app: hash("app-password"),
    exporter: hash("e"),
    backup: hash("b"),
    admin: hash("a"),
  });
  await using redis = await startRedis({ users, config: ["appendonly yes", "appendfsync always"] });
  const store = await readyStore(
    createRedisStore({ url: redis.url, username: "app", password: "app-password" }),
  );
  expect(await store.health()).toMatchObject({ ready: true, durability: "always" });
  await store.append([sampleRecord({ received: 0 })]);
  expect(await contents(store, ["default"])).toHaveLength(1);
  expect(await store.namespaces()).toHaveLength(1);
  expect(await store.retain({ ageMs: 1 }, Date.now())).toMatchObject({ blocks: 1 });
  await store.close();
});

it("is not ready, and tells why, with a wrong password", async () => {
  const users = "user default off\nuser app on >right ~* +@all\n";
  await using redis = await startRedis({ users });
  const store = createRedisStore({ url: redis.url, username: "app", password: "wrong" });
  await expect
    .poll(() => store.health())
    .toMatchObject({
      ready: false,
      code: "NL_STORE_UNAVAILABLE",
      reason: expect.stringContaining("WRONGPASS"),
    });
  await expect(store.append([sampleRecord()])).rejects.toMatchObject({
    code: "NL_STORE_UNAVAILABLE",
  });
  await store.close();
});
