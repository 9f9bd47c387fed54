import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";

import type { PreparedRecord } from "../../../../apps/log-service/src/record/record.ts";
import { archivable, commit, EVERYTHING, messagesOf, NOW, query } from "../samples.ts";
import { openSite, startSite, type OpenSite, type Site } from "./site.ts";

let site: Site;
let open: OpenSite;
beforeAll(async () => {
  site = await startSite();
});
beforeEach(async () => {
  open = await openSite(site);
});
afterEach(() => open.close());
afterAll(() => site.stop());

const messages = (count: number): PreparedRecord[] =>
  Array.from({ length: count }, (_, index) =>
    archivable({ message: `good ${index}`, ms: NOW + index }),
  );

/** Compression does not help random text into an index. */
const noise = (length: number): string =>
  Array.from({ length }, (_, index) => ((index * 7_919) % 7_907).toString(36)).join("");

it.each([
  ["a source too long for an index", { source: noise(4_000) }, /54000: index row/],
  ["a level that there is not", { level: 9 }, /no level 9/],
  ["a time beyond all columns", { ms: 1e16 }, /out of range/],
  ["a time that is no number", { ms: Number.NaN }, /out of range/],
  ["metadata that is no JSON", { metadata: "{oops" }, /22P02|JSON/],
] satisfies [string, Partial<PreparedRecord>, RegExp][])(
  "puts %s aside with the reason, and keeps all the rest",
  async (_, bad, reason) => {
    const records = messages(100);
    records[37] = archivable({ message: "bad", ...bad });
    const part = commit(1, 1, records);
    const moved = await open.hold.move([part]);
    expect(moved.stored).toBe(99);
    expect(moved.quarantined).toEqual([
      { id: part.records[37]?.id, reason: expect.stringMatching(reason) },
    ]);
    expect(await messagesOf(open.reader)).toHaveLength(99);
    expect((await open.reader.stats()).quarantined).toBe(1);
    expect((await open.reader.stats()).namespaces[0]?.records).toBe(99);
    const [row] = await site.postgres.query(
      "SELECT reason, record FROM neurallog.quarantine",
      open.addresses,
    );
    expect(row?.["reason"]).toMatch(reason);
    expect(JSON.parse(String(row?.["record"]))).toMatchObject({ message: "bad" });
    await open.hold.move([commit(1, 2, messages(1))]);
    expect(await messagesOf(open.reader)).toHaveLength(100);
  },
);

it("finds every one of many that spoil a batch", async () => {
  const records = messages(400).map((record, index) =>
    index % 50 === 0 ? { ...record, source: noise(4_000) } : record,
  );
  const moved = await open.hold.move([commit(1, 1, records)]);
  expect(moved.quarantined).toHaveLength(8);
  expect(await messagesOf(open.reader)).toHaveLength(392);
});

it("keeps a message with more words than one tsvector holds, and finds it by them", async () => {
  const words = Array.from({ length: 120_000 }, (_, index) => `w${index.toString(36)}é`);
  const moved = await open.hold.move([
    commit(1, 1, [archivable({ message: words.join(" ").slice(0, 262_144 * 3) })]),
  ]);
  expect(moved).toEqual({ stored: 1, quarantined: [] });
  const condition = { kind: "word", text: words[77] ?? "", isPrefix: false } as const;
  expect((await open.reader.read(query({ condition }))).records).toHaveLength(1);
});

it("keeps the largest record that the service takes", async () => {
  const largest = archivable({
    message: noise(200_000).slice(0, 262_144),
    source: "\u6f22".repeat(256),
    traceId: "\u6f22".repeat(128),
    spanId: "\u6f22".repeat(128),
    metadata: JSON.stringify({ text: "\u6f22".repeat(65_000) }),
  });
  expect(await open.hold.move([commit(1, 1, [largest])])).toEqual({ stored: 1, quarantined: [] });
  expect((await open.reader.read(query())).records[0]?.record).toEqual(largest);
});

it("refuses a direct batch as a whole for one record that cannot be kept", async () => {
  const batch = [...messages(3), archivable({ source: noise(4_000) })];
  await expect(open.writer.storeDirectly("default", batch)).rejects.toMatchObject({
    code: "NL_RECORD_FIELD_VALUE",
  });
  expect(await messagesOf(open.reader)).toEqual([]);
  expect(await open.reader.positions()).toEqual([]);
  expect(await open.writer.storeDirectly("default", messages(1))).toHaveLength(1);
});

it("clears what was put aside as well: it holds log text", async () => {
  const bad = archivable({ message: "secret", source: noise(4_000) });
  await open.hold.move([commit(1, 1, [bad, archivable()])]);
  const cleared = await open.hold.clear(
    { namespaces: { only: ["default"] }, condition: EVERYTHING, within: [], receivedUntilMs: NOW },
    (records) => new Uint8Array(records.length).fill(1),
  );
  expect(cleared).toBe(1);
  expect(await site.postgres.query("SELECT 1 FROM neurallog.quarantine", open.addresses)).toEqual(
    [],
  );
});

it("clears of what was put aside what is covered, also where nothing of it can be tested", async () => {
  const put = Array.from({ length: 40 }, (_, index) =>
    archivable({ message: index % 2 === 0 ? "secret" : "kept", source: noise(4_000) }),
  );
  const long = archivable({
    message: "long",
    source: noise(4_000),
    metadata: `"${"x".repeat(2 ** 20)}"`,
  });
  const old = { ...long, ms: NOW - 1_000 };
  const broken = archivable({ message: "broken", ms: Number.NaN });
  const unread = archivable({ message: "unread", level: 9 });
  const moved = await open.hold.move([commit(1, 1, [...put, long, old, broken, unread])]);
  expect(moved.quarantined).toHaveLength(44);
  await open.hold.clear(
    {
      namespaces: { only: ["default"] },
      from: { ms: NOW, nanos: 0 },
      condition: EVERYTHING,
      within: [],
      receivedUntilMs: NOW,
    },
    (records) =>
      Uint8Array.from(records, ({ record }) => {
        if (record.message === "unread") throw new RangeError("no level 9");
        return record.message === "secret" ? 1 : 0;
      }),
  );
  const rows = await site.postgres.query("SELECT record FROM neurallog.quarantine", open.addresses);
  const left = rows.map((row): string => JSON.parse(String(row["record"])).message);
  expect(left.toSorted()).toEqual(
    [...Array.from({ length: 20 }, () => "kept"), "broken", "long"].toSorted(),
  );
});
