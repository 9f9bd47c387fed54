import { expect, it } from "vitest";

import type { ArchivedRecord, ClearQuery } from "../../../../apps/log-service/src/archive/port.ts";
import type { Subject } from "./subject.ts";
import { archivable, commit, DAY, EVERYTHING, messagesOf, NOW, place } from "../samples.ts";

export function describeClearing(subject: () => Subject): void {
  const one = (message: string, received = NOW): ReturnType<typeof archivable>[] => [
    archivable({ message, received }),
  ];
  const asked = (fields: Partial<ClearQuery> = {}): ClearQuery => ({
    namespaces: { only: ["default"] },
    condition: EVERYTHING,
    within: [],
    receivedUntilMs: NOW + DAY,
    ...fields,
  });
  const everything = (records: readonly ArchivedRecord[]): Uint8Array =>
    new Uint8Array(records.length).fill(1);

  it("takes out what is covered, in its namespace alone", async () => {
    const { move, hold, reader } = subject();
    await move(
      commit(
        1,
        1,
        ["a", "b", "c"].map((message) => archivable({ message })),
      ),
      commit(2, 1, [archivable({ namespace: "other", message: "d" })]),
    );
    const gone = await hold.clear(asked(), (records) =>
      Uint8Array.from(records, ({ record }) => (record.message === "b" ? 0 : 1)),
    );
    expect(gone).toBe(2);
    expect(await messagesOf(reader)).toEqual(["b", "d"]);
  });

  it("takes out what lies in the ranges of its lanes, and of others what came until then", async () => {
    const { move, hold, writer, reader } = subject();
    await move(commit(1, 1, one("covered")), commit(2, 1, one("old", NOW - 1)));
    await move(commit(1, 2, one("later")), commit(2, 2, one("young", NOW + 1)));
    await writer.storeDirectly("default", one("direct", NOW));
    const gone = await hold.clear(
      asked({ within: [[place(1, 1), place(1, 2)]], receivedUntilMs: NOW }),
      everything,
    );
    expect(gone).toBe(3);
    expect((await messagesOf(reader)).toSorted()).toEqual(["later", "young"]);
  });

  it("takes out thousands, times and condition kept to", async () => {
    const { move, hold, reader } = subject();
    const records = Array.from({ length: 3_000 }, (_, index) =>
      archivable({ ms: NOW + index, level: index % 2, received: NOW - (index % 5) * DAY }),
    );
    await move(commit(1, 1, records));
    const gone = await hold.clear(
      asked({
        from: { ms: NOW + 100, nanos: 0 },
        to: { ms: NOW + 2_900, nanos: 0 },
        condition: { kind: "level", levels: [1] },
      }),
      everything,
    );
    expect(gone).toBe(1_400);
    expect(await messagesOf(reader, { limit: 5_000 })).toHaveLength(1_600);
  });

  it("takes out nothing twice", async () => {
    const { move, hold } = subject();
    await move(commit(1, 1, one("a")));
    expect(await hold.clear(asked(), everything)).toBe(1);
    expect(await hold.clear(asked(), everything)).toBe(0);
  });
}
