import { describe, expect, it } from "vitest";

import { DamagedBlockError } from "../../../../apps/log-service/src/block/bytes.ts";
import { RECORD_LIMITS, SEARCH_LIMITS } from "../../../../apps/log-service/src/limits.ts";
import { EVERYTHING, type Filter } from "../../../../apps/log-service/src/query/filter.ts";
import { createLocalEngine } from "../../../../apps/log-service/src/query/engine/local.ts";
import {
  readCursor,
  writeCursor,
} from "../../../../apps/log-service/src/query/engine/search/cursor.ts";
import { parseQuery } from "../../../../apps/log-service/src/query/language/parse.ts";
import { readingBy, search, type SearchRequest } from "./support.ts";
import { createMemoryStore } from "../../../../apps/log-service/src/store/memory/memory-store.ts";
import type { LogStore } from "../../../../apps/log-service/src/store/port.ts";
import { sampleRecord } from "../../record/sample.ts";

const REQUEST: SearchRequest = {
  namespaces: ["default"],
  filter: EVERYTHING,
  order: "desc",
  limit: 10,
};

const TIME = Date.UTC(2026, 0, 2);

/** A memory store with so many blocks of one record each, a second apart. */
async function storeOf(blocks: number): Promise<LogStore> {
  const store = createMemoryStore();
  for (let block = 0; block < blocks; block += 1) {
    await store.append([sampleRecord({ ms: TIME + block * 1_000, message: `record ${block}` })]);
  }
  return store;
}

async function messages(store: LogStore, filter: Filter): Promise<string[]> {
  const page = await search(store, { ...REQUEST, filter, order: "asc" });
  return page.records.map(({ message }) => message);
}

describe("a search", () => {
  it("reads only the block that its page comes from, and says what it scanned", async () => {
    const page = await search(await storeOf(50), { ...REQUEST, limit: 1 });
    expect(page.records.map(({ message }) => message)).toEqual(["record 49"]);
    expect(page.scanned).toMatchObject({ blocks: 1, records: 1, skipped: 0, damaged: 0 });
    expect(page.truncated).toBe(false);
    expect(page.cursor).not.toBeNull();
  });

  it("skips by their templates the few blocks that were counted before and cannot match", async () => {
    const store = createMemoryStore();
    for (const word of ["ready", "steady"]) {
      await store.append([sampleRecord({ message: `${word} 1` }), sampleRecord({ message: word })]);
    }
    const engine = createLocalEngine(store);
    const about = (q: string) => ({
      scope: { names: ["default"], carried: false },
      filter: parseQuery(q, 0).filter,
    });
    const find = (q: string) =>
      engine.ask({ kind: "search", ...about(q), order: "desc", limit: 10 });
    // Small blocks have no token filters: nothing rules them out before they are known.
    expect((await find("absent")).scanned).toMatchObject({ blocks: 2, skipped: 0 });
    await engine.ask({ kind: "count", ...about("ready") });
    expect((await find("absent")).scanned).toMatchObject({ blocks: 0, skipped: 2 });
    const { records, scanned } = await find("steady");
    expect(records.map(({ message }) => message).toSorted()).toEqual(["steady", "steady 1"]);
    expect(scanned).toMatchObject({ blocks: 1, skipped: 1 });
    // What the variables hold no template tells.
    expect((await find("1")).scanned).toMatchObject({ blocks: 2, skipped: 0 });
  });

  it("skips by headers the blocks that cannot match", async () => {
    const store = await storeOf(20);
    await store.append([sampleRecord({ level: 4, source: "web", traceId: "t1" })]);
    const filters: Filter[] = [
      { kind: "level", levels: ["ERROR"] },
      { kind: "source", is: "web" },
      { kind: "trace", is: "t1" },
    ];
    for (const filter of filters) {
      const page = await search(store, { ...REQUEST, filter });
      expect(page.records).toHaveLength(1);
      expect(page.scanned).toMatchObject({ blocks: 1, skipped: 20 });
    }
    const narrow = await search(store, {
      ...REQUEST,
      from: { ms: TIME + 5_000, nanos: 0 },
      to: { ms: TIME + 7_000, nanos: 0 },
    });
    expect(narrow.records.map(({ message }) => message)).toEqual(["record 6", "record 5"]);
    expect(narrow.scanned.blocks).toBe(2);
  });

  it("passes over a damaged block, counts it, and finds the rest", async () => {
    const store = readingBy(await storeOf(5), (block, index) =>
      index === 2 ? Promise.reject(new DamagedBlockError("bad bytes")) : block.read(),
    );
    const page = await search(store, REQUEST);
    expect(page.records).toHaveLength(4);
    expect(page.scanned.damaged).toBe(1);
  });

  it("passes over a block whose damage shows only in its columns", async () => {
    const store = readingBy(await storeOf(5), async (block, index) => {
      const rows = await block.read();
      if (index !== 2 || rows === undefined) return rows;
      return Object.defineProperty(rows, "ms", {
        get: () => {
          throw new DamagedBlockError("for the test");
        },
      });
    });
    const page = await search(store, REQUEST);
    expect(page.records).toHaveLength(4);
    expect(page.scanned.damaged).toBe(1);
  });

  it("fails with the store's error, not with part of an answer, when a read fails", async () => {
    const store = readingBy(await storeOf(5), (block, index) =>
      index === 2 ? Promise.reject(new Error("connection lost")) : block.read(),
    );
    await expect(search(store, REQUEST)).rejects.toThrow("connection lost");
  });

  it("stops at once when it is cancelled, and reads no further block", async () => {
    const cancel = new AbortController();
    let reads = 0;
    const store = readingBy(await storeOf(500), (block) => {
      reads += 1;
      if (reads === 5) cancel.abort(new Error("nobody waits"));
      return block.read();
    });
    const budget = { bytes: Infinity, ms: Infinity, signal: cancel.signal };
    const filter: Filter = { kind: "text", contains: "absent" };
    await expect(search(store, { ...REQUEST, filter }, budget)).rejects.toThrow("nobody waits");
    expect(reads).toBeLessThan(50);
  });

  it("lets other work of the process run while it scans", async () => {
    const store = await storeOf(3_000);
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 1);
    await search(store, { ...REQUEST, filter: { kind: "text", contains: "absent" } });
    clearInterval(timer);
    expect(turns).toBeGreaterThan(1);
  });

  it("gives back what it found, and a cursor, when its time is up", async () => {
    const store = await storeOf(30);
    const page = await search(store, { ...REQUEST, limit: 30 }, { bytes: Infinity, ms: 0 });
    expect(page.truncated).toBe(true);
    expect(page.records.length).toBeLessThan(30);
    expect(page.cursor).not.toBeNull();
  });

  it("keeps a truncated page's cursor short enough for a URL, whatever was found", async () => {
    const store = createMemoryStore();
    for (let batch = 0; batch < 8; batch += 1) {
      // All blocks cover the same time, so that nothing can be given out before all are read.
      await store.append(
        Array.from({ length: 500 }, (_, index) => sampleRecord({ ms: TIME + index })),
      );
    }
    const found = new Set<string>();
    let cursor: string | undefined;
    let pages = 0;
    do {
      const page = await search(store, { ...REQUEST, limit: 1_000, cursor }, { bytes: 0, ms: 9e9 });
      for (const { id } of page.records) found.add(id);
      cursor = page.cursor ?? undefined;
      pages += 1;
      expect(cursor?.length ?? 0).toBeLessThan(8_000);
    } while (cursor !== undefined && pages < 10_000);
    expect(found.size).toBe(4_000);
  });

  it("refuses a cursor of another search, a forged one and one that is none", async () => {
    const store = await storeOf(3);
    const { cursor } = await search(store, { ...REQUEST, limit: 1 });
    const forged = Buffer.from(JSON.stringify({ search: "x", upTo: ["__proto__"] }));
    const refused = [
      { ...REQUEST, order: "asc" as const, cursor: cursor ?? "" },
      { ...REQUEST, namespaces: ["default", "other"], cursor: cursor ?? "" },
      { ...REQUEST, cursor: "" },
      { ...REQUEST, cursor: "not base64 !" },
      { ...REQUEST, cursor: forged.toString("base64url") },
      { ...REQUEST, cursor: "x".repeat(100_000) },
    ];
    for (const request of refused) {
      await expect(search(store, request)).rejects.toMatchObject({ code: "NL_CURSOR_INVALID" });
    }
  });

  it("refuses a position that no search gave", async () => {
    const store = await storeOf(1);
    await expect(search(store, { ...REQUEST, after: "yesterday" })).rejects.toMatchObject({
      code: "NL_PARAMETER_INVALID",
    });
  });
});

describe("records that a page found and did not give out", () => {
  const ONE_BLOCK = { bytes: 0, ms: Infinity };
  const at = (second: number, message: string) =>
    sampleRecord({ ms: TIME + second * 1_000, message });

  /** Two blocks: the first has a record on either side of the other's. */
  async function started() {
    const store = createMemoryStore();
    const ids = await store.append([at(9, "newest"), at(0, "oldest")]);
    await store.append([at(5, "middle")]);
    const { cursor, records } = await search(store, REQUEST, ONE_BLOCK);
    expect(records.map(({ message }) => message)).toEqual(["newest"]);
    expect(readCursor(cursor ?? "").pending).toEqual([ids[1]]);
    return { store, cursor: cursor ?? "" };
  }

  const rest = async (store: LogStore, request: SearchRequest) =>
    (await search(store, request)).records.map(({ message }) => message);

  it("come in their place on the next page", async () => {
    const { store, cursor } = await started();
    expect(await rest(store, { ...REQUEST, cursor })).toEqual(["middle", "oldest"]);
  });

  it("do not come back after they were cleared", async () => {
    const { store, cursor } = await started();
    await store.clear({ namespace: "default", filter: "", toMs: TIME + 1_000, by: "test" });
    expect(await rest(store, { ...REQUEST, cursor })).toEqual(["middle"]);
  });

  it("attack: a cursor that names records which the search is not about", async () => {
    const { store } = await started();
    const [hidden = ""] = await store.append([at(2, "hidden")]);
    const filter: Filter = { kind: "text", contains: "middle" };
    const request = { ...REQUEST, filter, limit: 1 };
    await store.append([at(4, "middle too")]);
    const { cursor } = await search(store, request);
    const forged = { ...readCursor(cursor ?? ""), pending: [hidden] };
    const cursors = { ...REQUEST, filter, cursor: writeCursor(forged, undefined) };
    expect(await rest(store, cursors)).toEqual(["middle too"]);
  });

  it("are looked for anew where the last of them was cleared, and more than a cursor holds were found", async () => {
    const store = createMemoryStore();
    const count = SEARCH_LIMITS.pending + 40;
    await store.append([
      at(1_000, "newest"),
      ...Array.from({ length: count }, (_, second) => at(second, `n${second}`)),
    ]);
    await store.append([at(900, "middle")]);
    const request = { ...REQUEST, limit: 1_000 };
    const { cursor } = await search(store, request, ONE_BLOCK);
    const { pending, capped } = readCursor(cursor ?? "");
    expect([pending.length, capped]).toEqual([SEARCH_LIMITS.pending, true]);
    const toMs = TIME + (count - 10) * 1_000;
    const fromMs = TIME + (count - SEARCH_LIMITS.pending - 10) * 1_000;
    await store.clear({ namespace: "default", filter: "", fromMs, toMs, by: "test" });
    const found: string[] = [];
    for (let next = cursor; next !== null;) {
      const page = await search(store, { ...request, cursor: next });
      found.push(...page.records.map(({ message }) => message));
      next = page.cursor;
    }
    const left = Array.from({ length: count }, (_, second) => second).filter(
      (second) => second < count - SEARCH_LIMITS.pending - 10 || second >= count - 10,
    );
    expect(found).toEqual(["middle", ...left.toReversed().map((second) => `n${second}`)]);
  });
});

describe("a filter", () => {
  it("finds text in any case, and phrases across words", async () => {
    const store = createMemoryStore();
    const texts = ["Connection RESET by peer", "connection\nreset", "ÄRGER", "50% done"];
    await store.append(texts.map((message, index) => sampleRecord({ message, ms: TIME + index })));
    const contains = (text: string): Filter => ({ kind: "text", contains: text });
    expect(await messages(store, contains("connection reset"))).toEqual([texts[0]]);
    expect(await messages(store, contains("ärger"))).toEqual(["ÄRGER"]);
    expect(await messages(store, contains("%"))).toEqual(["50% done"]);
    // Messages lie side by side in a block: a phrase must not run from one into the next.
    expect(await messages(store, contains("peer\0connection"))).toEqual([]);
  });

  it.each([
    ["http.status", "500", ["nested", "flat"]],
    ["user", "anna", ["nested", "list"]],
    ["n", "42", ["number", "text"]],
    ["n", "42.0", ["number"]],
    ["ok", "true", ["flat"]],
    ["gone", "null", ["flat"]],
    ["quote", 'say "hi"\\', ["text"]],
    ["user.name", "anna", []],
    ["__proto__.polluted", "1", []],
    ["toString", "function", []],
  ])("finds metadata.%s=%s", async (path, is, expected) => {
    const store = createMemoryStore();
    const metadata = {
      nested: { http: { status: 500 }, user: "anna" },
      flat: { "http.status": "500", ok: true, gone: null },
      list: { user: ["bob", "anna", { deep: "anna" }] },
      number: { n: 42 },
      text: { n: "42", quote: 'say "hi"\\' },
    };
    await store.append(
      Object.entries(metadata).map(([message, value], index) =>
        sampleRecord({ message, metadata: JSON.stringify(value), ms: TIME + index }),
      ),
    );
    expect(await messages(store, { kind: "metadata", path, is })).toEqual(expected);
  });

  it("loses nothing to a block whose damage shows after its records had pushed others out", async () => {
    const store = createMemoryStore();
    const at = (second: number, message: string) =>
      sampleRecord({ ms: TIME + second * 1_000, message });
    // The first block's near end is earliest; the second one's records come before the rest of it.
    await store.append([at(0, "a"), at(5, "e"), at(6, "f")]);
    await store.append([at(1, "b"), at(2, "c")]);
    await store.append([at(3, "d"), at(7, "g")]);
    const damaged = readingBy(store, async (block, index) => {
      const rows = await block.read();
      if (index !== 1 || rows === undefined) return rows;
      Object.defineProperty(rows, "record", {
        value: () => {
          throw new DamagedBlockError("for the test");
        },
      });
      return rows;
    });
    const page = await search(damaged, { ...REQUEST, limit: 3, order: "asc" });
    expect(page.records.map(({ message }) => message)).toEqual(["a", "d", "e"]);
    expect(page.scanned.damaged).toBe(1);
  });

  it("ends a page of very large records early, and its cursor goes on without loss", async () => {
    const store = createMemoryStore();
    const large = "x".repeat(RECORD_LIMITS.messageUnits - 10);
    const most = Math.floor(SEARCH_LIMITS.pageUnits / large.length);
    const total = 2 * most + 3;
    const at = (second: number) =>
      sampleRecord({ ms: TIME + second * 1_000, message: `${second} ${large}` });
    // Every block has an early and a late record: each pushes out what the one before gave.
    for (let n = 0; n < total / 2; n += 1) {
      await store.append(n === total - 1 - n ? [at(n)] : [at(n), at(total - 1 - n)]);
    }
    const seen: number[] = [];
    let cursor: string | undefined;
    do {
      const page = await search(store, { ...REQUEST, limit: 1_000, order: "asc", cursor });
      const units = page.records.reduce((sum, { message }) => sum + message.length, 0);
      expect(units).toBeLessThanOrEqual(SEARCH_LIMITS.pageUnits);
      expect(page.records.length).toBeGreaterThan(0);
      seen.push(...page.records.map(({ message }) => Number.parseInt(message, 10)));
      cursor = page.cursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(Array.from({ length: total }, (_, n) => n));
  });
});
