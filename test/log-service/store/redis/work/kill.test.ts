import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

import type { LogStore } from "../../../../../apps/log-service/src/store/port.ts";
import { startRedis } from "../../../../support/redis.ts";
import { watchdog } from "../../../../../tools/watchdog.ts";
import { sampleRecord } from "../../../record/sample.ts";
import { lengths, mergeAll, openStore, shown, withClient } from "./support.ts";

const MERGER = fileURLToPath(new URL("merger.ts", import.meta.url));
const SECRET_EVERY = 7;

/** Runs a merger until it is done or has killed itself. */
async function runMerger(
  url: string,
  killAt: number,
): Promise<{ killed: boolean; output: string }> {
  const child = spawn(process.execPath, [MERGER, url, String(killAt)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const callOff = watchdog('kill -9 "$1"', [String(child.pid)]);
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const [code, signal] = await once(child, "exit");
  callOff();
  if (signal !== "SIGKILL" && code !== 0) throw new Error(`the merger failed: ${output}`);
  return { killed: signal === "SIGKILL", output };
}

/** What was acknowledged, and which of it a clearing may hide. */
interface Ledger {
  readonly acknowledged: Map<string, string>;
  /** Asked for, so that it may be gone; answered, so that it has to be. */
  readonly clearing: Set<string>;
  readonly cleared: Set<string>;
}

/** Reads everything again and again; notes each reading in which an id is missing or there twice. */
function startReader(store: LogStore, { acknowledged, clearing, cleared }: Ledger) {
  const wrong: string[] = [];
  let readings = 0;
  const stop = new AbortController();
  const done = (async () => {
    while (!stop.signal.aborted) {
      const before = new Map(acknowledged);
      const gone = new Set(cleared);
      const found = await shown(store);
      const byId = new Map(found.map(([id, { message }]) => [id, message]));
      if (byId.size !== found.length) wrong.push(`${found.length - byId.size} ids twice`);
      for (const [id, text] of before) {
        if (byId.get(id) !== text && !clearing.has(id)) wrong.push(`${text} is missing`);
      }
      for (const id of gone) if (byId.has(id)) wrong.push(`${byId.get(id)} is back`);
      readings += 1;
    }
  })();
  return {
    /** Waits until one more reading has come to its end. */
    another: async () => {
      const enough = readings + 1;
      await expect.poll(() => readings).toBeGreaterThanOrEqual(enough);
    },
    stop: async () => {
      stop.abort();
      await done;
      return wrong;
    },
  };
}

it("shows each record once to two replicas that read on while a merger is killed after each of its commands", async () => {
  await using redis = await startRedis({ config: ["appendonly yes", "appendfsync always"] });
  const { url } = redis;
  const writer = await openStore(url);
  const readers = await Promise.all([openStore(url), openStore(url)]);
  const ledger: Ledger = {
    acknowledged: new Map(),
    clearing: new Set(),
    cleared: new Set(),
  };
  const write = async (texts: readonly string[], ms: number) => {
    const ids = await writer.append(texts.map((message) => sampleRecord({ message, ms })));
    ids.forEach((id, index) => ledger.acknowledged.set(id, texts[index] ?? ""));
  };
  const reading = readers.map((store) => startReader(store, ledger));
  let killed = 0;
  let swaps = 0;
  for (let killAt = 1; ; killAt += 1) {
    for (let single = 0; single < 12; single += 1) {
      await write([`${killAt}.${single}${single % SECRET_EVERY === 0 ? " secret" : ""}`], killAt);
    }
    // Each merger finds large and small blocks with something that was cleared meanwhile.
    const batch = Array.from({ length: 510 }, (_, index) => `${killAt} batch ${index}`);
    await write(
      batch.map((text, index) => (index % 100 === 0 ? `${text} secret` : text)),
      killAt,
    );
    const hidden = [...ledger.acknowledged].filter(([, text]) => text.includes("secret"));
    for (const [id] of hidden) ledger.clearing.add(id);
    // Of this round's time, or each merger would have more blocks to look at than the one before.
    const fromMs = killAt;
    await writer.clear({ namespace: "default", filter: "secret", fromMs, by: "a test" });
    for (const [id] of hidden) ledger.cleared.add(id);
    const before = await lengths(url);
    const merger = await runMerger(url, killAt);
    const after = await lengths(url);
    if (merger.killed && after.small < before.small) swaps += 1;
    if (!merger.killed) break;
    killed += 1;
    await Promise.all(reading.map((reader) => reader.another()));
    // The killed one's lease ends, here at once, and another process takes over.
    await withClient(url, (client) => client.hset("{nl:default:0}:l", "until", "0"));
    await mergeAll(writer, { eager: true });
  }
  await mergeAll(writer, { eager: true });
  const read = await Promise.all(reading.map((reader) => reader.stop()));
  expect(read).toEqual([[], []]);
  // Connecting, taking the lease, reading, swapping, rewriting, forgetting: each was the last command of one.
  expect(killed).toBeGreaterThan(15);
  expect(swaps).toBeGreaterThan(0);
  expect(await lengths(url)).toMatchObject({ small: 0, tombstones: 0 });

  // And once more after Redis itself was killed.
  await redis.kill();
  await redis.restart();
  const fresh = await openStore(url);
  const found = new Map((await shown(fresh)).map(([id, { message }]) => [id, message]));
  const kept = [...ledger.acknowledged].filter(([id]) => !ledger.cleared.has(id));
  expect(kept.filter(([id, text]) => found.get(id) !== text)).toEqual([]);
  expect(found.size).toBe(kept.length);
  await Promise.all([writer, fresh, ...readers].map((store) => store.close()));
  // Some sixty processes are started, one after the other.
}, 300_000);
