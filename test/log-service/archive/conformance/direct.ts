import { expect, it } from "vitest";

import { ARCHIVE_LIMITS } from "../../../../apps/log-service/src/archive/limits.ts";
import {
  lanePrefix,
  readPosition,
  readRecordId,
} from "../../../../apps/log-service/src/store/position.ts";
import type { Subject } from "./subject.ts";
import { archivable, commit, DAY, messagesOf, NOW, query, WEEK } from "../samples.ts";

export function describeDirect(subject: () => Subject): void {
  it("keeps what is stored directly, found by the next read under the ids that it answered", async () => {
    const { writer, reader } = subject();
    const ids = await writer.storeDirectly("direct", [
      archivable({ message: "a" }),
      archivable({ message: "b" }),
    ]);
    expect(ids).toHaveLength(2);
    const { records: found } = await reader.read(query());
    expect(found.map(({ id, record }) => [id, record.message, record.namespace])).toEqual([
      [ids[0], "a", "direct"],
      [ids[1], "b", "direct"],
    ]);
  });

  it("gives each namespace a lane of the archive's own, whose ids grow with each batch", async () => {
    const { writer, reader } = subject();
    const ids: string[] = [];
    for (const namespace of ["x", "y", "x", "x"]) {
      ids.push(...(await writer.storeDirectly(namespace, [archivable()])));
    }
    const lanes = ids.map((id) => readPosition(readRecordId(id)?.position ?? "")?.lane ?? 0);
    expect(lanes.every((lane) => lane >= ARCHIVE_LIMITS.firstDirectLane)).toBe(true);
    expect([lanes[2], lanes[3]]).toEqual([lanes[0], lanes[0]]);
    expect(lanes[1]).not.toBe(lanes[0]);
    const ofX = ids.filter((_, index) => index !== 1);
    expect(ofX.toSorted()).toEqual(ofX);
    const stands = await reader.positions();
    expect(stands.map(({ namespace, committed }) => [namespace, committed]).toSorted()).toEqual([
      ["x", 0],
      ["y", 0],
    ]);
    expect(stands.find(({ namespace }) => namespace === "x")?.position).toBe(
      readRecordId(ids[3] ?? "")?.position,
    );
  });

  it("stores what many send at once, each under an id of its own", async () => {
    const { writer, another, reader } = subject();
    const other = another();
    const batches = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 === 0 ? writer : other).storeDirectly("busy", [
          archivable({ message: `${index}` }),
          archivable({ message: `${index}` }),
        ]),
      ),
    );
    await other.close();
    expect(new Set(batches.flat()).size).toBe(40);
    const found = new Map(
      (await reader.read(query())).records.map(({ id, record }) => [id, record.message]),
    );
    for (const [index, ids] of batches.entries()) {
      expect(ids.map((id) => found.get(id))).toEqual([`${index}`, `${index}`]);
    }
  });

  it("stores directly while another process moves, and both stay", async () => {
    const { writer, move, reader } = subject();
    await Promise.all([
      move(commit(1, 1, [archivable({ message: "moved" })])),
      writer.storeDirectly("default", [archivable({ message: "direct" })]),
    ]);
    expect((await messagesOf(reader)).toSorted()).toEqual(["direct", "moved"]);
  });

  it("keeps a batch that comes again under its key once, and another namespace's or key's beside it", async () => {
    const { writer, another, reader } = subject();
    const other = another();
    const named = { idempotencyKey: "k" };
    const batch = [archivable({ message: "a" }), archivable({ message: "b" })];
    const ids = await writer.storeDirectly("x", batch, named);
    expect(await other.storeDirectly("x", batch, named)).toEqual(ids);
    await other.close();
    await writer.storeDirectly("y", batch, named);
    await writer.storeDirectly("x", batch, { idempotencyKey: "other" });
    await writer.storeDirectly("x", batch);
    const found = (await reader.read(query())).records.map(({ record }) => record.namespace);
    expect(found.toSorted()).toEqual(["x", "x", "x", "x", "x", "x", "y", "y"]);
    await expect(writer.storeDirectly("x", batch.slice(1), named)).rejects.toMatchObject({
      code: "NL_IDEMPOTENCY_MISMATCH",
    });
  });

  it("forgets a lane of its own once nothing of it is left, and never gives a position again", async () => {
    const { writer, hold, move, reader } = subject();
    const old = archivable({ received: NOW - 7 * DAY });
    const [first] = await writer.storeDirectly("x", [old]);
    await writer.storeDirectly("y", [old]);
    await writer.storeDirectly("y", [archivable()]);
    await move(commit(1, 1, [old]));
    await hold.tend(WEEK, NOW + DAY);
    const left = (await reader.positions()).map(({ namespace }) => namespace);
    // A lane of the hot store keeps its place, or its records would be moved again.
    expect(left.toSorted()).toEqual(["default", "y"]);
    const [again] = await writer.storeDirectly("x", [archivable()]);
    const [before, after] = [first, again].map((id) => readRecordId(id ?? "")?.position ?? "");
    expect(lanePrefix(after ?? "")).toBe(lanePrefix(before ?? ""));
    expect((after ?? "") > (before ?? "")).toBe(true);
    expect(await reader.positions()).toContainEqual({
      namespace: "x",
      position: after,
      committed: 0,
    });
  });

  it("attack: a caller that writes to namespace after namespace gets no more lanes than may be", async () => {
    const { writer, reader } = subject();
    const record = archivable();
    for (let n = 0; n < ARCHIVE_LIMITS.directLanes; n += 1) {
      await writer.storeDirectly(`n${n}`, [record]);
    }
    await expect(writer.storeDirectly("one more", [record])).rejects.toMatchObject({
      code: "NL_NAMESPACE_LIMIT",
    });
    expect(await writer.storeDirectly("n0", [record])).toHaveLength(1);
    expect(await reader.positions()).toHaveLength(ARCHIVE_LIMITS.directLanes);
  });

  it("answers no id for an empty batch, and keeps nothing of it", async () => {
    const { writer, reader } = subject();
    expect(await writer.storeDirectly("nobody", [])).toEqual([]);
    expect(await reader.positions()).toEqual([]);
  });
}
