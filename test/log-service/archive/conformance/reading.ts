import * as fc from "fast-check";
import { expect, it } from "vitest";

import { MemoryArchive } from "../../../../apps/log-service/src/archive/memory/memory-archive.ts";
import type {
  ArchivedRecord,
  ArchiveQuery,
  Condition,
  RecordKey,
} from "../../../../apps/log-service/src/archive/port.ts";
import type { Subject } from "./subject.ts";
import { archivable, commit, DAY, HOUR, messagesOf, NOW, place, query } from "../samples.ts";

export function describeReading(subject: () => Subject): void {
  it("reads by time to the nanosecond, then by id, in either order", async () => {
    const { move, reader } = subject();
    await move(
      commit(1, 1, [
        archivable({ ms: 5, nanos: 2, message: "c" }),
        archivable({ ms: 5, nanos: 1, message: "b" }),
        archivable({ ms: 4, nanos: 999_999, message: "a" }),
        archivable({ ms: 5, nanos: 2, message: "d" }),
      ]),
    );
    expect(await messagesOf(reader)).toEqual(["a", "b", "c", "d"]);
    expect(await messagesOf(reader, { order: "desc" })).toEqual(["d", "c", "b", "a"]);
    expect(await messagesOf(reader, { order: "desc", limit: 2 })).toEqual(["d", "c"]);
  });

  it("merges what was received on different days by time", async () => {
    const { move, reader } = subject();
    const records = [2, 0, 1, 3].map((days) =>
      archivable({ ms: NOW - days * HOUR, received: NOW - days * DAY, message: String(days) }),
    );
    await move(commit(1, 1, records));
    expect(await messagesOf(reader)).toEqual(["3", "2", "1", "0"]);
    expect(await messagesOf(reader, { order: "desc", limit: 3 })).toEqual(["0", "1", "2"]);
  });

  it("goes on behind a record, without gap or repeat, through equal times", async () => {
    const { move, reader } = subject();
    const records = Array.from({ length: 57 }, (_, index) =>
      archivable({
        ms: NOW + (index % 3),
        nanos: index % 2,
        received: NOW - (index % 4) * DAY,
        message: String(index),
      }),
    );
    await move(commit(1, 1, records.slice(0, 30)), commit(2, 1, records.slice(30)));
    for (const order of ["asc", "desc"] as const) {
      const { records: whole } = await reader.read(query({ order }));
      const paged: ArchivedRecord[] = [];
      let behind: RecordKey | undefined;
      for (;;) {
        const page = await reader.read(query({ order, behind, limit: 10 }));
        paged.push(...page.records);
        const last = page.records.at(-1);
        if (!page.more || last === undefined) break;
        behind = { ms: last.record.ms, nanos: last.record.nanos, id: last.id };
      }
      expect(paged.map(({ id }) => id)).toEqual(whole.map(({ id }) => id));
      expect(paged).toHaveLength(57);
    }
  });

  it("ends a page by the text that it holds, and says that there is more", async () => {
    const { move, reader } = subject();
    const records = [10, 20_000, 30, 40].map((length, index) =>
      archivable({ ms: NOW + index, message: "x".repeat(length) }),
    );
    await move(commit(1, 1, records));
    const first = await reader.read(query({ units: 1_000 }));
    expect(first.records.map(({ record }) => record.message.length)).toEqual([10]);
    expect(first.more).toBe(true);
    const behind = { ms: NOW, nanos: 0, id: first.records[0]?.id ?? "" };
    const second = await reader.read(query({ units: 1_000, behind }));
    expect(second.records[0]?.record.message).toHaveLength(20_000);
    expect((await reader.read(query({ units: 100_000 }))).records).toHaveLength(4);
  });

  it("begins with the first moment asked for and ends before the last, to the nanosecond", async () => {
    const { move, reader } = subject();
    const times = [
      [9, 999_999],
      [10, 0],
      [10, 1],
      [11, 0],
      [11, 1],
    ] as const;
    const records = times.map(([ms, nanos]) =>
      archivable({ ms, nanos, message: `${ms} ${nanos}` }),
    );
    await move(commit(1, 1, records));
    const from = { ms: 10, nanos: 0 };
    const to = { ms: 11, nanos: 1 };
    expect(await messagesOf(reader, { from, to })).toEqual(["10 0", "10 1", "11 0"]);
    expect(await messagesOf(reader, { from: { ms: 10, nanos: 1 }, to: from })).toEqual([]);
  });

  it("reads the namespaces that are named, or all but those", async () => {
    const { move, reader } = subject();
    await move(
      ...["a", "b", "c"].map((namespace, index) =>
        commit(index + 1, 1, [archivable({ namespace, message: namespace })]),
      ),
    );
    expect(await messagesOf(reader, { namespaces: { only: ["a", "c"] } })).toEqual(["a", "c"]);
    expect(await messagesOf(reader, { namespaces: { except: ["a"] } })).toEqual(["b", "c"]);
    expect(await messagesOf(reader, { namespaces: { only: [] } })).toEqual([]);
    expect(await messagesOf(reader, { namespaces: { only: ["nobody's"] } })).toEqual([]);
  });

  it("leaves out ranges of ids, and keeps to ranges of ids", async () => {
    const { move, reader } = subject();
    const one = (message: string): ReturnType<typeof archivable>[] => [archivable({ message })];
    for (const number of [1, 2, 3]) {
      await move(commit(1, number, one(`1.${number}`)), commit(2, number, one(`2.${number}`)));
    }
    const tail = [place(1, 2), place(2, 1)] as const;
    expect(await messagesOf(reader, { without: [tail] })).toEqual(["1.1", "2.1", "2.2", "2.3"]);
    expect(await messagesOf(reader, { within: [tail] })).toEqual(["1.2", "1.3"]);
    expect(
      await messagesOf(reader, {
        within: [tail, [place(2, 2), place(2, 3)]],
        without: [[place(1, 3), place(1, 4)]],
      }),
    ).toEqual(["1.2", "2.2"]);
    expect(await messagesOf(reader, { within: [] })).toEqual([]);
    expect(await messagesOf(reader, { without: [] })).toHaveLength(6);
  });

  it("refuses a question that nobody waits for any more", async () => {
    const { reader } = subject();
    await expect(reader.read(query({ signal: AbortSignal.abort() }))).rejects.toThrow(/abort/i);
  });

  it("answers as the model does, whatever is asked", async () => {
    const { move, reader } = subject();
    const model = new MemoryArchive();
    const hold = await model.writer().hold();
    const records = fc.sample(anyRecord, { numRuns: 120, seed: 7 });
    const parts = [0, 1, 2].map((lane) => {
      const own = records.filter((_, index) => index % 3 === lane);
      return commit(
        lane + 1,
        1,
        own.map((each) => ({ ...each, namespace: `n${lane}` })),
      );
    });
    await move(...parts);
    await hold?.move(parts);
    const ids = parts.flatMap((part) => part.records.map(({ id }) => id));
    await fc.assert(
      fc.asyncProperty(anyQuery(ids), async (asked) => {
        const wanted = await model.reader().read(asked);
        const found = await reader.read(asked);
        expect(found.records.map(({ id }) => id)).toEqual(wanted.records.map(({ id }) => id));
        expect(found.more || !wanted.more).toBe(true);
        const by = ["level", "source", { bucketMs: 7 }, "namespace"] as const;
        const counted = await reader.tally({ ...asked, by });
        const expected = await model.reader().tally({ ...asked, by });
        expect(counted?.map(sorted).toSorted()).toEqual(expected?.map(sorted).toSorted());
      }),
      { numRuns: 150 },
    );
  });
}

function sorted(value: unknown): string {
  return JSON.stringify(value);
}

const source = fc.constantFrom("", "relay", "gates", "it's");

const anyRecord = fc
  .record({
    ms: fc.integer({ min: NOW, max: NOW + 20 }),
    nanos: fc.integer({ min: 0, max: 2 }),
    received: fc.integer({ min: -2, max: 0 }).map((days) => NOW + days * DAY),
    level: fc.integer({ min: 0, max: 5 }),
    source,
    traceId: fc.constantFrom("", "t1", "t2"),
    metadata: fc.constantFrom(
      "",
      '{"user":{"id":1},"tag":["a","b"]}',
      '{"user":{"id":"1"},"tag":"a"}',
      '{"user":[1,2.5],"ok":true}',
      '{"a.b":false,"user":{"id":[1,null]}}',
    ),
  })
  .map((fields) => archivable(fields));

const instant = fc.record({
  ms: fc.integer({ min: NOW - 1, max: NOW + 21 }),
  nanos: fc.integer({ min: 0, max: 2 }),
});

const scalar = fc.constantFrom(1, 2.5, "1", "a", true, false);
const path = fc.constantFrom(["user"], ["user", "id"], ["tag"], ["ok"], ["a.b"], ["nowhere", "x"]);

function anyQuery(ids: readonly string[]): fc.Arbitrary<ArchiveQuery> {
  const id = fc.constantFrom(...ids);
  const range = fc.tuple(id, id);
  const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
    condition: fc.oneof(
      { depthSize: "small" },
      fc.record({
        kind: fc.constant("level" as const),
        levels: fc.subarray([0, 1, 2, 3, 4, 5]),
      }),
      fc.record({
        kind: fc.constant("is" as const),
        field: fc.constant("source" as const),
        values: fc.array(source, { maxLength: 3 }),
      }),
      fc.record({
        kind: fc.constant("is" as const),
        field: fc.constantFrom("trace_id" as const, "span_id" as const),
        values: fc.subarray(["", "t1", "t2"]),
      }),
      fc.record({
        kind: fc.constant("is" as const),
        field: fc.constant("namespace" as const),
        values: fc.subarray(["n0", "n1", "n3"]),
      }),
      fc.record({
        kind: fc.constant("is" as const),
        field: fc.constant("id" as const),
        values: fc.array(id, { maxLength: 5 }),
      }),
      fc.record(
        {
          kind: fc.constant("received" as const),
          fromMs: fc.constantFrom(NOW - DAY, NOW),
          toMs: fc.constantFrom(NOW, NOW + 1),
        },
        { requiredKeys: ["kind"] },
      ),
      fc.record({ kind: fc.constant("metadata" as const), path, value: scalar }),
      fc.record({
        kind: fc.constantFrom("all" as const, "any" as const),
        of: fc.array(tie("condition"), { maxLength: 3 }),
      }),
    ),
  }));
  return fc
    .record(
      {
        namespaces: fc.oneof<fc.Arbitrary<ArchiveQuery["namespaces"]>[]>(
          fc.record({ only: fc.subarray(["n0", "n1", "n2"]) }),
          fc.record({ except: fc.subarray(["n0", "n1", "n2"]) }),
        ),
        from: instant,
        to: instant,
        without: fc.array(range, { maxLength: 3 }),
        within: fc.array(range, { maxLength: 3 }),
        order: fc.constantFrom("asc" as const, "desc" as const),
        behind: fc.tuple(instant, id).map(([time, last]) => ({ ...time, id: last })),
        limit: fc.integer({ min: 1, max: 50 }),
        condition,
      },
      { requiredKeys: ["namespaces", "order", "limit", "condition"] },
    )
    .map((fields) => query(fields));
}
