import * as fc from "fast-check";
import { expect, it } from "vitest";

import { wholeRecord } from "../../record/sample.ts";
import type { Subject } from "./subject.ts";
import { archivable, commit, DAY, meaning, messagesOf, NOW, place, query } from "../samples.ts";

const text = fc.string({ unit: "grapheme", maxLength: 40 }).filter((each) => !each.includes("\0"));
const key = fc.stringMatching(/^[a-z.]{1,5}$/).filter((each) => each !== "__proto__");
const json = fc.jsonValue({ maxDepth: 3, noUnicodeString: false, stringUnit: "grapheme" });

/** Any record that the service's own doors may make. */
const anyRecord = fc
  .record({
    ms: fc.integer({ min: 0, max: 9_223_372_036_000 }),
    nanos: fc.integer({ min: 0, max: 999_999 }),
    digits: fc.integer({ min: 0, max: 9 }),
    received: fc.integer({ min: NOW - 3 * DAY, max: NOW }),
    level: fc.integer({ min: 0, max: 5 }),
    message: text,
    source: text,
    traceId: text,
    spanId: text,
    tags: fc.option(fc.array(text), { nil: undefined }),
    metadata: fc.option(fc.dictionary(key, json), { nil: undefined }),
  })
  .map(({ tags, metadata, ...rest }) =>
    archivable({
      ...rest,
      tags: tags === undefined ? "" : JSON.stringify(tags),
      metadata: metadata === undefined ? "" : JSON.stringify(metadata).replaceAll("\\u0000", ""),
    }),
  );

export function describeMoving(subject: () => Subject): void {
  it("gives back each record that was moved, whole and under its id", async () => {
    const { move, reader } = subject();
    const record = { ...wholeRecord(), received: NOW };
    const moved = await move(commit(1, 1, [record]));
    expect(moved).toEqual({ stored: 1, quarantined: [] });
    const { records: found } = await reader.read(query());
    expect(found.map(meaning)).toEqual(commit(1, 1, [record]).records.map(meaning));
  });

  it("gives back whatever a record may say", async () => {
    const { move, reader } = subject();
    let number = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(anyRecord, { minLength: 1, maxLength: 20 }), async (records) => {
        number += 1;
        const part = commit(1, number, records);
        const moved = await move(part);
        expect(moved.quarantined).toEqual([]);
        const ids = part.records.map(({ id }) => id);
        const condition = { kind: "is", field: "id", values: ids } as const;
        const found = new Map(
          (await reader.read(query({ condition }))).records.map((each) => [each.id, meaning(each)]),
        );
        expect(ids.map((id) => found.get(id))).toEqual(part.records.map(meaning));
      }),
      { numRuns: 40 },
    );
  });

  it("carries out moves that were not waited for in their order", async () => {
    const { hold, reader } = subject();
    // The first takes longer.
    const many = Array.from({ length: 500 }, (_, at) => archivable({ message: `${at}` }));
    const moves = [many, [archivable()], [archivable()], [archivable()]];
    const moved = await Promise.all(
      moves.map((records, at) => hold.move([commit(1, at + 1, records)])),
    );
    expect(moved.map(({ stored }) => stored)).toEqual([500, 1, 1, 1]);
    expect((await reader.read(query())).records).toHaveLength(503);
    expect(await hold.positions()).toMatchObject([{ position: place(1, 4) }]);
  });

  it("moves nothing that was called behind a move that fails, and goes on from where that began", async () => {
    const { hold, reader } = subject();
    const wrong = commit(1, 2, [archivable()]);
    const behind = commit(1, 3, [archivable()]);
    const results = await Promise.allSettled([hold.move([wrong]), hold.move([behind])]);
    expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(await hold.positions()).toEqual([]);
    await hold.move([commit(1, 1, [archivable({ message: "first" })])]);
    expect(await messagesOf(reader)).toEqual(["first"]);
  });

  it("tells an empty list of tags, and an empty object, from none", async () => {
    const { move, reader } = subject();
    await move(commit(1, 1, [archivable({ tags: "[]", metadata: "{}" }), archivable()]));
    const { records: found } = await reader.read(query());
    expect(found.map(({ record }) => [record.tags, record.metadata])).toEqual([
      ["[]", "{}"],
      ["", ""],
    ]);
  });

  it("says where each lane stands, and how many it had", async () => {
    const { move, hold, reader } = subject();
    expect(await hold.positions()).toEqual([]);
    await move(
      commit(1, 1, [archivable()]),
      commit(2, 1, [archivable({ namespace: "other" })], { committed: 7 }),
    );
    await move(commit(1, 2, [archivable()]));
    const stands = [
      { namespace: "default", position: place(1, 2), committed: 2 },
      { namespace: "other", position: place(2, 1), committed: 7 },
    ];
    expect((await hold.positions()).toSorted(byPosition)).toEqual(stands);
    expect((await reader.positions()).toSorted(byPosition)).toEqual(stands);
  });

  it("moves a position on without a record, and counts what was passed over", async () => {
    const { move, reader } = subject();
    const skipped = { overflow: 3, retention: 2, damaged: 1 };
    await move(commit(1, 1, [], { skipped }));
    await move(commit(1, 2, [], { skipped }));
    expect((await reader.stats()).skipped).toEqual({ overflow: 6, retention: 4, damaged: 2 });
    expect((await reader.positions())[0]?.position).toBe(place(1, 2));
  });

  it("refuses a move from where the lane does not stand, and keeps nothing of it", async () => {
    const { move, reader } = subject();
    await move(commit(1, 1, [archivable({ message: "kept" })]));
    const again = move(
      commit(2, 1, [archivable({ message: "beside it" })]),
      commit(1, 1, [archivable({ message: "twice" })]),
    );
    await expect(again).rejects.toMatchObject({ code: "NL_ARCHIVE_POSITION" });
    const gap = move(commit(1, 3, [archivable({ message: "behind a gap" })]));
    await expect(gap).rejects.toMatchObject({ code: "NL_ARCHIVE_POSITION" });
    expect(await messagesOf(reader)).toEqual(["kept"]);
    await move(commit(1, 2, [archivable({ message: "next" })]));
    expect(await messagesOf(reader)).toEqual(["kept", "next"]);
  });

  it("refuses records that the move does not span", async () => {
    const { move, reader } = subject();
    const beyond = commit(1, 2, [archivable()]).records;
    const astray = move(commit(1, 1, [], { records: beyond }));
    await expect(astray).rejects.toMatchObject({ code: "NL_ARCHIVE_POSITION" });
    const foreign = move(commit(1, 1, [], { records: commit(2, 1, [archivable()]).records }));
    await expect(foreign).rejects.toMatchObject({ code: "NL_ARCHIVE_POSITION" });
    expect(await messagesOf(reader)).toEqual([]);
  });

  it("keeps a batch of thousands whole", async () => {
    const { move, reader } = subject();
    const records = Array.from({ length: 5_000 }, (_, index) =>
      archivable({ ms: NOW + index, message: `message ${index}` }),
    );
    expect((await move(commit(1, 1, records.slice(0, 4_000)))).stored).toBe(4_000);
    expect((await move(commit(1, 2, records.slice(4_000)))).stored).toBe(1_000);
    const found = await messagesOf(reader, { limit: 10_000 });
    expect(found).toEqual(records.map(({ message }) => message));
  });

  it("cleans what no database can hold: NUL and halves of pairs, as they are and as escapes", async () => {
    const { move, reader } = subject();
    const dirty = archivable({
      message: "a\0b\ud800c",
      source: "s\0",
      traceId: "\udc00t",
      tags: '["x\\u0000y"]',
      metadata: '{"k\\u0000":"\\ud83d","fine":"\\ud83d\\ude00","n":123456789012345678901234567890}',
    });
    expect((await move(commit(1, 1, [dirty, archivable()]))).stored).toBe(2);
    const [found] = (await reader.read(query())).records;
    expect(found?.record).toMatchObject({
      message: "a\ufffdb\ufffdc",
      source: "s\ufffd",
      traceId: "\ufffdt",
      tags: '["x\ufffdy"]',
    });
    expect(JSON.parse(found?.record.metadata ?? "")).toEqual({
      "k\ufffd": "\ufffd",
      fine: "\u{1f600}",
      n: 1.2345678901234568e29,
    });
  });

  it("takes records of any time, received long ago or far ahead, and finds them", async () => {
    const { move, reader } = subject();
    const times = [0, NOW - 400 * DAY, NOW, NOW + 400 * DAY, 9_223_372_036_000];
    const records = times.map((ms) => archivable({ ms, received: ms, message: String(ms) }));
    expect((await move(commit(1, 1, records))).stored).toBe(5);
    expect(await messagesOf(reader)).toEqual(times.map(String));
    expect(await messagesOf(reader, { order: "desc", limit: 2 })).toEqual([
      "9223372036000",
      String(NOW + 400 * DAY),
    ]);
  });

  it("finds nothing before the first move, and stands nowhere", async () => {
    const { reader } = subject();
    expect(await reader.read(query())).toEqual({ records: [], more: false });
    expect(await reader.tally({ ...query(), by: ["level"] })).toEqual([]);
    expect(await reader.positions()).toEqual([]);
  });
}

function byPosition(a: { position: string }, b: { position: string }): number {
  return a.position < b.position ? -1 : 1;
}
