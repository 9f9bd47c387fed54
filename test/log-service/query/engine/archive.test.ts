import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { PROTOCOLS } from "../../../../apps/log-service/src/roles/protocols.ts";
import type { ArchiveReader } from "../../../../apps/log-service/src/archive/port.ts";
import { createLocalEngine } from "../../../../apps/log-service/src/query/engine/local.ts";
import type { QueryEngine } from "../../../../apps/log-service/src/query/engine/port.ts";
import {
  readCursor,
  writeCursor,
} from "../../../../apps/log-service/src/query/engine/search/cursor.ts";
import { EVERYTHING, valueIs } from "../../../../apps/log-service/src/query/filter.ts";
import type { PreparedRecord } from "../../../../apps/log-service/src/record/record.ts";
import { createMemoryStore } from "../../../../apps/log-service/src/store/memory/memory-store.ts";
import { writePosition } from "../../../../apps/log-service/src/store/position.ts";
import { sampleRecord } from "../../record/sample.ts";
import { Tiers } from "../tiers.ts";

const START = Date.UTC(2026, 0, 10, 12);
const AWAY = [{ code: "NL_ARCHIVE_UNAVAILABLE", message: expect.any(String) }];

function numbered(count: number, fields: Partial<PreparedRecord> = {}): PreparedRecord[] {
  return Array.from({ length: count }, (_, at) =>
    sampleRecord({ message: `n${at}`, ms: START + at, received: START + at, ...fields }),
  );
}

let tiers: Tiers;
let engine: QueryEngine;

beforeEach(() => {
  tiers = new Tiers(createMemoryStore());
  engine = tiers.engine();
});
afterEach(() => vi.restoreAllMocks());

/** Archives everything, and drops it from the hot store. */
async function archive(records: readonly PreparedRecord[]): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const record of records) ids.push(...(await tiers.hot.append([record])));
  await tiers.move(records.length);
  await tiers.drop(START + 365 * 86_400_000);
  return ids;
}

function ask(cursor?: string, fields: object = {}) {
  return engine.ask({
    kind: "search",
    scope: { names: ["default"], carried: false },
    filter: EVERYTHING,
    order: "desc",
    limit: 10,
    cursor,
    ...fields,
  });
}

const textsOf = ({ records }: { records: readonly { message: string }[] }) =>
  records.map(({ message }) => message);

describe("an archive that is away", () => {
  it("leaves answers what the hot store has, with a warning, until it is back", async () => {
    await archive(numbered(1));
    await tiers.hot.append([sampleRecord({ message: "hot", ms: START + 5 })]);
    tiers.archive.goAway();
    const page = await ask();
    expect(textsOf(page)).toEqual(["hot"]);
    expect(page).toMatchObject({ warnings: AWAY });
    const scope = { names: "*" as const, carried: true };
    expect(await engine.ask({ kind: "count", scope, filter: EVERYTHING })).toMatchObject({
      count: 1,
      warnings: AWAY,
    });
    tiers.archive.comeBack();
    await expect.poll(() => ask(), { timeout: 30_000 }).not.toHaveProperty("warnings");
    expect(textsOf(await ask())).toEqual(["hot", "n0"]);
  });

  it("is waited for once and not by each question, where it does not answer", async () => {
    const hanging: ArchiveReader = {
      ...tiers.archive.reader(),
      positions: () => new Promise(() => undefined),
    };
    const positions = vi.spyOn(hanging, "positions");
    const { clearings } = tiers;
    engine = createLocalEngine(tiers.hot, {}, {}, { reader: hanging, clearings });
    await tiers.hot.append(numbered(2));
    for (let question = 0; question < 5; question += 1) {
      expect(await ask()).toMatchObject({ records: [{}, {}], warnings: AWAY });
    }
    expect(positions).toHaveBeenCalledTimes(1);
  });

  it("is missed in the middle of a question as well", async () => {
    await archive(numbered(3));
    const reader = tiers.archive.reader();
    vi.spyOn(reader, "read").mockRejectedValue(new Error("the connection was cut"));
    engine = createLocalEngine(tiers.hot, {}, {}, { reader, clearings: tiers.clearings });
    await tiers.hot.append([sampleRecord({ message: "hot" })]);
    const page = await ask();
    expect(textsOf(page)).toEqual(["hot"]);
    expect(page).toMatchObject({ warnings: AWAY });
  });

  it("shows in Loki's words", async () => {
    await tiers.hot.append(numbered(1));
    tiers.archive.goAway();
    const scope = { names: ["default"], carried: false };
    engine = createLocalEngine(tiers.hot, {}, PROTOCOLS, tiers.sources);
    const question = {
      kind: "foreign" as const,
      protocol: "loki",
      scope,
      call: "labels",
      argument: "",
      parameters: {},
      flags: [],
      nowMs: START + 1_000,
    };
    const warnings = [AWAY[0]?.message];
    expect(await engine.ask(question)).toMatchObject({ status: "success", warnings });
    const lines = {
      ...question,
      call: "query_range",
      parameters: { query: ['{service_name=~".+"}'], start: [String(START / 1_000 - 60)] },
      nowMs: START + 60_000,
    };
    expect(await engine.ask(lines)).toMatchObject({
      status: "success",
      warnings,
      data: { result: [{ values: [[`${START}000000`, "n0"]] }] },
    });
  });
});

/** Answers so many calls, then fails the next one. */
function failingOnce(after: number): ArchiveReader {
  const reader = tiers.archive.reader();
  const { read } = reader;
  let calls = 0;
  vi.spyOn(reader, "read").mockImplementation((query) => {
    calls += 1;
    return calls === after + 1 ? Promise.reject(new Error("the connection was cut")) : read(query);
  });
  return reader;
}

const over = (reader: ArchiveReader) =>
  createLocalEngine(tiers.hot, {}, {}, { reader, clearings: tiers.clearings });

describe("pages while the archive fails", () => {
  const UNAVAILABLE = { code: "NL_ARCHIVE_UNAVAILABLE", retryAfterSeconds: expect.any(Number) };

  it("never say that nothing comes behind them, and go on to the archive once it is back", async () => {
    await archive(numbered(3));
    await tiers.storeDirectly("default", [sampleRecord({ message: "direct", ms: START })]);
    await tiers.hot.append([sampleRecord({ message: "hot", ms: START + 5 })]);
    tiers.archive.goAway();
    // This engine has never heard of the archive's lanes.
    engine = tiers.engine();
    const page = await ask();
    expect(page).toMatchObject({
      truncated: true,
      warnings: AWAY,
      next_cursor: expect.any(String),
    });
    expect(textsOf(page)).toEqual(["hot"]);
    tiers.archive.comeBack();
    engine = tiers.engine();
    const rest = await ask(page.next_cursor ?? "");
    expect(textsOf(rest).toSorted()).toEqual(["direct", "n0", "n1", "n2"]);
    expect(rest).toMatchObject({ next_cursor: null, truncated: false });
    expect(rest).not.toHaveProperty("warnings");
  });

  it("show nothing at first where the hot store has nothing, and do not count as the last", async () => {
    await archive(numbered(3));
    tiers.archive.goAway();
    const page = await ask();
    expect(page).toMatchObject({ records: [], truncated: true, next_cursor: expect.any(String) });
    await expect(ask(page.next_cursor ?? "")).rejects.toMatchObject(UNAVAILABLE);
    tiers.archive.comeBack();
    engine = tiers.engine();
    expect(textsOf(await ask(page.next_cursor ?? ""))).toEqual(["n2", "n1", "n0"]);
  });

  it("go through the hot store behind one with a warning, and fail at its end", async () => {
    await archive(numbered(3));
    await tiers.hot.append(numbered(15, { ms: START + 1_000 }));
    tiers.archive.goAway();
    const first = await ask();
    const second = await ask(first.next_cursor ?? "");
    expect([first.records.length, second.records.length]).toEqual([10, 5]);
    expect(second).toMatchObject({ warnings: AWAY });
    await expect(ask(second.next_cursor ?? "")).rejects.toMatchObject(UNAVAILABLE);
  });

  it("fail behind one that lacks nothing, so that going on later lacks nothing either", async () => {
    await archive(numbered(15));
    await tiers.hot.append(numbered(5, { ms: START + 1_000 }));
    const first = await ask(undefined, { order: "asc" });
    expect(first.records).toHaveLength(10);
    tiers.archive.goAway();
    const cursor = first.next_cursor ?? "";
    await expect(ask(cursor, { order: "asc" })).rejects.toMatchObject(UNAVAILABLE);
    tiers.archive.comeBack();
    engine = tiers.engine();
    const rest = await ask(cursor, { order: "asc" });
    expect(rest.records).toHaveLength(10);
    expect(rest.next_cursor).toBeNull();
  });

  it("are shorter where it told enough before it failed, and lack nothing", async () => {
    await archive(numbered(30));
    engine = over(failingOnce(1));
    // Its first list has fewer for the page than were asked for.
    await tiers.clear({ namespace: "default", filter: "", toMs: START + 5, by: "test" });
    const page = await ask(undefined, { order: "asc", limit: 11 });
    expect(textsOf(page)).toEqual(["n5", "n6", "n7", "n8", "n9", "n10", "n11"]);
    expect(page).toMatchObject({ truncated: true });
    const rest = await ask(page.next_cursor ?? "", { order: "asc", limit: 30 });
    expect(textsOf(rest)).toEqual(
      numbered(30)
        .slice(12)
        .map(({ message }) => message),
    );
    expect(page).not.toHaveProperty("warnings");
  });
});

describe("an export while the archive fails", () => {
  const question = {
    scope: { names: ["default"], carried: false },
    filter: EVERYTHING,
    order: "asc",
  } as const;

  async function exported(cursor?: string) {
    const lines: { id?: string; error?: object; end?: object; checkpoint?: object }[] = [];
    for await (const { body } of engine.export({ ...question, cursor })) {
      const text = Buffer.from(body).toString().trimEnd();
      lines.push(...text.split("\n").map((line) => JSON.parse(line)));
    }
    return lines;
  }

  it("fails before its first record, rather than leave any out", async () => {
    await archive(numbered(1));
    await tiers.hot.append(numbered(3, { ms: START + 1_000 }));
    tiers.archive.goAway();
    await expect(exported()).rejects.toMatchObject({ code: "NL_ARCHIVE_UNAVAILABLE" });
  });

  it("ends with the error and a cursor, from which it goes on without a gap or a repeat", async () => {
    const count = 4_500;
    await tiers.hot.append(numbered(count));
    await tiers.move(count);
    await tiers.drop(START + 365 * 86_400_000);
    engine = over(failingOnce(1));
    const first = await exported();
    const { error } = first.at(-1) ?? {};
    expect(error).toMatchObject({ code: "NL_ARCHIVE_UNAVAILABLE", cursor: expect.any(String) });
    const cursor = error !== undefined && "cursor" in error ? String(error.cursor) : "";
    const rest = await exported(cursor);
    expect(rest.at(-1)).toMatchObject({ end: { cursor: null } });
    const ids = [...first, ...rest].flatMap(({ id }) => id ?? []);
    expect([ids.length, new Set(ids).size]).toEqual([count, count]);
    expect(first.length).toBeGreaterThan(2);
  });
});

describe("a question that the hot store alone can answer", () => {
  it("reads nothing of the archive, though everything is there too", async () => {
    await tiers.hot.append(numbered(20));
    await tiers.move(1);
    const reader = tiers.archive.reader();
    const [read, tally] = [vi.spyOn(reader, "read"), vi.spyOn(reader, "tally")];
    engine = createLocalEngine(tiers.hot, {}, {}, { reader, clearings: tiers.clearings });
    expect((await ask()).records).toHaveLength(10);
    const scope = { names: ["default"], carried: false };
    await engine.ask({ kind: "count", scope, filter: EVERYTHING });
    expect([read.mock.calls, tally.mock.calls]).toEqual([[], []]);
  });

  it("asks the archive only for what would come before the page's last record", async () => {
    await archive(numbered(20));
    await tiers.hot.append(numbered(20, { ms: START + 1_000 }));
    const reader = tiers.archive.reader();
    const read = vi.spyOn(reader, "read");
    engine = createLocalEngine(tiers.hot, {}, {}, { reader, clearings: tiers.clearings });
    expect((await ask()).records).toHaveLength(10);
    expect(read.mock.calls.map(([{ from }]) => from)).toEqual([{ ms: START + 1_000, nanos: 0 }]);
  });
});

describe("what was stored directly", () => {
  it("is found by the next search, whoever asked before", async () => {
    expect((await ask()).records).toEqual([]);
    for (let at = 0; at < 3; at += 1) {
      const [id] = await tiers.storeDirectly("default", [
        sampleRecord({ message: `direct ${at}` }),
      ]);
      expect(
        (await ask(undefined, { limit: 1, filter: valueIs("id", String(id)) })).records,
      ).toHaveLength(1);
    }
  });

  it("comes after a position that a search gave, and not before", async () => {
    await tiers.storeDirectly("default", [sampleRecord({ message: "before" })]);
    const { position } = await ask();
    await tiers.storeDirectly("default", [sampleRecord({ message: "after" })]);
    expect(textsOf(await ask(undefined, { after: position }))).toEqual(["after"]);
  });
});

describe("pages over the archive", () => {
  it.each(["asc", "desc"] as const)("are as few as the records need, %s", async (order) => {
    await archive(numbered(30));
    await tiers.hot.append(numbered(10, { ms: START + 1_000 }));
    let pages = 0;
    const found: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null; pages += 1) {
      const page = await ask(cursor, { order });
      found.push(...textsOf(page));
      cursor = page.next_cursor;
    }
    expect(new Set(found).size).toBe(30);
    expect([found.length, pages]).toEqual([40, 4]);
  });

  it("go on where a day of the archive was dropped in between", async () => {
    const old = numbered(10).map((record) => ({ ...record, received: START - 9 * 86_400_000 }));
    await archive([...numbered(10, { ms: START + 1_000 }), ...old]);
    const first = await ask(undefined, { limit: 12 });
    expect(first.records).toHaveLength(12);
    const hold = await tiers.archive.writer().hold();
    await hold?.tend({ ageMs: 7 * 86_400_000 }, START);
    await hold?.release();
    const rest = await ask(first.next_cursor ?? "", { limit: 12 });
    expect(rest).toMatchObject({ records: [], next_cursor: null });
  });

  it("keep a cursor short enough for a URL, however many lanes and records it names", () => {
    const positions = Array.from({ length: 256 }, (_, at) =>
      writePosition({
        lane: at % 4 === 0 ? 2 ** 48 + at : 60_000_000 + at,
        major: START + 7_919 * at,
        minor: at % 7,
      }),
    );
    const key = { ms: START, nanos: 999_999, id: `${positions[0]}10` };
    const cursor = {
      search: "x".repeat(12),
      now: START,
      from: { ms: START, nanos: 5 },
      to: { ms: START, nanos: 5 },
      after: positions,
      upTo: positions,
      key,
      archived: key,
      scanned: { ms: START, nanos: 5, id: positions[1] ?? "", seen: positions },
      pending: positions.slice(0, 64).map((position) => `${position}10`),
      capped: true as const,
    };
    const text = writeCursor(cursor, undefined);
    expect(text.length).toBeLessThan(12_288);
    expect(readCursor(text)).toEqual(cursor);
    expect(encodeURI(text)).toBe(text);
  });

  it("attack: a packed cursor that unpacks without end", () => {
    const bomb = writeCursor(
      { search: "x".repeat(12), upTo: [], pending: [], after: Array(90_000).fill("111110") },
      undefined,
    );
    expect(bomb.length).toBeLessThan(12_288);
    expect(() => readCursor(bomb)).toThrow(/cursor/i);
  });
});

describe("clearing", () => {
  it("hides archived records at once, those that were stored directly too, and none that come later", async () => {
    await archive(numbered(5, { message: "gone" }));
    await tiers.storeDirectly("default", [sampleRecord({ message: "gone too", received: START })]);
    await tiers.clear({ namespace: "default", filter: "", by: "test" });
    const later = { message: "later", received: Date.now() + 60_000 };
    await tiers.storeDirectly("default", [sampleRecord(later)]);
    expect(textsOf(await ask())).toEqual(["later"]);
    const scope = { names: ["default"], carried: false };
    expect(await engine.ask({ kind: "count", scope, filter: EVERYTHING })).toMatchObject({
      count: 1,
    });
  });
});

describe("names that only the archive has", () => {
  it("are listed with what it has of them, and searched where all are", async () => {
    await tiers.storeDirectly("elsewhere", [sampleRecord({ ms: START, message: "there" })]);
    const scope = { names: "*" as const, carried: true };
    const { namespaces } = await engine.ask({ kind: "namespaces", scope });
    const at = new Date(START).toISOString();
    expect(namespaces).toMatchObject([
      { name: "elsewhere", records: 0, archived: { records: 1, oldest: at, newest: at } },
    ]);
    expect(textsOf(await ask(undefined, { scope }))).toEqual(["there"]);
    const hidden = { ...scope, except: ["elsewhere"] };
    expect(textsOf(await ask(undefined, { scope: hidden }))).toEqual([]);
  });
});

describe("the context of a record", () => {
  it("is found where the record and what is around it were archived", async () => {
    const ids = await archive(numbered(5));
    const scope = { names: ["default"], carried: false };
    const question = { kind: "context" as const, scope, same: "namespace" as const };
    const around = { ...question, id: ids[2] ?? "", before: 1, after: 5, filter: EVERYTHING };
    const { before, record, after } = await engine.ask(around);
    expect([before, [record], after].map((records) => textsOf({ records }))).toEqual([
      ["n1"],
      ["n2"],
      ["n3", "n4"],
    ]);
  });
});

describe("the context of a record while the archive is away", () => {
  const about = (id: string) =>
    engine.ask({
      kind: "context",
      scope: { names: ["default"], carried: false },
      same: "namespace",
      id,
      before: 1,
      after: 1,
      filter: EVERYTHING,
    });

  it("is not 'not found' where the archive may have the record", async () => {
    const [archived = ""] = await archive(numbered(2));
    const [direct = ""] = await tiers.storeDirectly("default", numbered(1));
    tiers.archive.goAway();
    for (const id of [archived, direct]) {
      await expect(about(id)).rejects.toMatchObject({ code: "NL_ARCHIVE_UNAVAILABLE" });
    }
  });

  it("is 'not found' where the hot store alone could have it, and shown where it has", async () => {
    const [id = ""] = await tiers.hot.append(numbered(2));
    tiers.archive.goAway();
    const missing = `${id.slice(0, -2)}1z`;
    await expect(about(missing)).rejects.toMatchObject({ code: "NL_ID_NOT_FOUND" });
    expect(await about(id)).toMatchObject({ record: { id }, truncated: true, warnings: AWAY });
  });
});

describe("attack: namespaces out of reach", () => {
  it("attack: a cursor that names their lanes, and records of theirs, shows nothing of them", async () => {
    const secret = await archive(numbered(3, { namespace: "secret", message: "secret" }));
    const [direct = ""] = await tiers.storeDirectly("secret", [
      sampleRecord({ message: "secret too" }),
    ]);
    await archive(numbered(3));
    const first = await ask(undefined, { limit: 1 });
    const cursor = readCursor(first.next_cursor ?? "");
    const forged = {
      ...cursor,
      upTo: [...cursor.upTo, ...[...secret, direct].map((id) => id.slice(0, -2))],
      pending: [...secret, direct],
      scanned: { ms: START, nanos: 0, id: direct.slice(0, -2), seen: [] },
    };
    const { key: _key, ...whole } = forged;
    for (const each of [forged, whole]) {
      const page = await ask(writeCursor(each, undefined));
      expect(textsOf(page).filter((text) => text.startsWith("secret"))).toEqual([]);
    }
    expect((await ask(undefined, { filter: valueIs("id", direct) })).records).toEqual([]);
  });
});
