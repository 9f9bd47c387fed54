import { expect, it } from "vitest";

import { MemoryArchive } from "../../../../apps/log-service/src/archive/memory/memory-archive.ts";
import { describeArchive } from "../conformance.ts";
import { archivable, commit, messagesOf, query } from "../samples.ts";

describeArchive("the memory archive", {
  empty: async () => {
    const archive = new MemoryArchive();
    return {
      reader: archive.reader(),
      writer: archive.writer(),
      another: () => archive.writer(),
    };
  },
});

it("puts what it is told cannot be kept aside, and keeps the rest", async () => {
  const archive = new MemoryArchive({
    poison: ({ message }) => (message === "bad" ? "it is bad" : undefined),
  });
  const hold = await archive.writer().hold();
  const part = commit(1, 1, [archivable({ message: "bad" }), archivable({ message: "good" })]);
  const moved = await hold?.move([part]);
  expect(moved).toEqual({
    stored: 1,
    quarantined: [{ id: part.records[0]?.id, reason: "it is bad" }],
  });
  expect(await messagesOf(archive.reader())).toEqual(["good"]);
  expect((await archive.reader().stats()).quarantined).toBe(1);
});

it("fails every call while it is away, and goes on where it was", async () => {
  const archive = new MemoryArchive();
  const hold = await archive.writer().hold();
  await hold?.move([commit(1, 1, [archivable({ message: "before" })])]);
  archive.goAway();
  const away = { code: "NL_ARCHIVE_UNAVAILABLE" };
  await expect(archive.reader().read(query())).rejects.toMatchObject(away);
  await expect(archive.writer().hold()).rejects.toMatchObject(away);
  archive.comeBack();
  await expect(hold?.move([commit(1, 2, [archivable()])])).rejects.toMatchObject(away);
  const again = await archive.writer().hold();
  await again?.move([commit(1, 2, [archivable({ message: "after" })])]);
  expect(await messagesOf(archive.reader())).toEqual(["before", "after"]);
});
