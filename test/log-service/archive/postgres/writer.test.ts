import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { afterAll, beforeAll, expect, it } from "vitest";

import type { ArchiveHold } from "../../../../apps/log-service/src/archive/port.ts";
import { openSite, startSite, type OpenSite, type Site } from "./site.ts";

let site: Site;
let open: OpenSite;
beforeAll(async () => {
  site = await startSite();
  open = await openSite(site);
});
afterAll(async () => {
  await open.close();
  await site.stop();
});

it("forgets a hold that was let go of or lost, as a standby takes a new one each time", async () => {
  await open.hold.release();
  const letGo = await takeHold();
  await letGo.deref()?.release();
  const lost = await takeHold();
  await site.postgres.query(
    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'",
  );
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect !== "function") throw new TypeError("there is no gc");
  await expect
    .poll(() => {
      Reflect.apply(collect, undefined, []);
      return [letGo, lost].map((ref) => ref.deref() === undefined);
    })
    .toEqual([true, true]);
});

/** In a function of its own, so that no variable of the test keeps it. */
async function takeHold(): Promise<WeakRef<ArchiveHold>> {
  const hold = await open.writer.hold();
  if (hold === undefined) throw new Error("somebody else holds the archive");
  return new WeakRef(hold);
}

it("lets the indexes of words and of data of a new day take in much before it is sorted in", async () => {
  const found = await site.postgres.query(
    `SELECT relname, reloptions FROM pg_class
      WHERE relname IN ('logs_20260112_data_idx', 'logs_20260112_words') ORDER BY relname`,
    open.addresses,
  );
  expect(found).toEqual([
    { relname: "logs_20260112_data_idx", reloptions: ["gin_pending_list_limit=12288"] },
    { relname: "logs_20260112_words", reloptions: ["gin_pending_list_limit=16384"] },
  ]);
});
