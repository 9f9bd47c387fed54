import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { cacheFolder } from "../../../apps/log-service/src/roles/launch.ts";
import { startRedis } from "../../support/redis.ts";
import { redisUsers, startService } from "../../support/service.ts";
import { temporary, TestProcess } from "./support.ts";

const name = `neurallog-modules-${process.getuid?.()}`;

test("the service begins anew as the same process, with its modules' cache and a bound for its young generation", async () => {
  const parent = temporary();
  await using redis = await startRedis({ users: redisUsers });
  await using service = await startService({
    redisUrl: redis.url,
    env: { TMPDIR: parent, NODE_ENV: "production" },
  });
  const { pid } = service.process;
  const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
  expect(command).toContain("--max-semi-space-size=8");
  expect(command).toContain("--expose-gc");
  const environment = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
  expect(environment).toContain(`NODE_COMPILE_CACHE=${join(parent, name)}`);
  expect(environment).toContain("MALLOC_ARENA_MAX=1");
  // No thread had types to take out of modules: what does that is some 30 MB in each.
  const resident = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
  expect(resident / 1024).toBeLessThan(170);
  expect(service.log()).not.toContain("warning");
});

test("the service starts where there is no place for a cache", async () => {
  await using redis = await startRedis({ users: redisUsers });
  await using service = await startService({
    redisUrl: redis.url,
    env: { TMPDIR: "/proc", NODE_ENV: "production" },
  });
  expect((await fetch(`${service.opsUrl}/health/ready`)).status).toBe(200);
});

test.each(["serve", "work", "mcp"])(
  "the modules of %s load ahead of it, and end well",
  async (role) => {
    await using run = new TestProcess([role, "--warm"], {
      NODE_COMPILE_CACHE: temporary(),
      NEURALLOG_ARCHIVE_URL: "postgres://127.0.0.1:1/none",
    });
    expect([await run.ended(), run.output]).toEqual([0, ""]);
  },
);

test("what is loaded when it is first asked for is loaded ahead too", () => {
  const src = fileURLToPath(new URL("../../../apps/log-service/src", import.meta.url));
  const importsOf = (file: string): readonly string[] =>
    [...readFileSync(file, "utf8").matchAll(/(?<!typeof )\bimport\("(\.[^"]+)"\)/g)].map(
      ([, target = ""]) => join(dirname(file), target),
    );
  const ahead = importsOf(join(src, "roles/warm.ts"));
  const files = readdirSync(src, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !["main.ts", "roles/warm.ts"].includes(name))
    .map((name) => join(src, name));
  const later = files.flatMap(importsOf);
  expect(later.length).toBeGreaterThan(10);
  expect(later.filter((file) => !ahead.includes(file))).toEqual([]);
});

test("attack: a cache folder that others may write to, or that is a link, is not used", () => {
  const parent = temporary();
  mkdirSync(join(parent, name));
  chmodSync(join(parent, name), 0o777);
  expect(cacheFolder(parent)).toBeUndefined();
  const other = temporary();
  symlinkSync(parent, join(other, name));
  expect(cacheFolder(other)).toBeUndefined();
  const good = temporary();
  expect(cacheFolder(good)).toBe(join(good, name));
});
