import { beforeEach, describe, expect, it } from "vitest";

import { ArchiveDesk } from "../../../../apps/log-service/src/query/engine/archive/desk.ts";
import { Scheduler } from "../../../../apps/log-service/src/query/engine/scheduler.ts";
import { CancelledError, Task } from "../../../../apps/log-service/src/query/engine/task.ts";
import { createMemoryStore } from "../../../../apps/log-service/src/store/memory/memory-store.ts";
import { Tiers } from "../tiers.ts";

const budget = { bytes: Infinity, ms: Infinity };
const never = () => new Promise<never>(() => undefined);

let desk: ArchiveDesk;
let isCancelled: boolean;
let task: Task;

beforeEach(() => {
  desk = new ArchiveDesk(new Tiers(createMemoryStore()).sources);
  isCancelled = false;
  task = new Task({ scheduler: new Scheduler(), budget, cancelled: () => isCancelled });
});

const late = () => expect(desk.call(task, 1, never)).rejects.toThrow("takes too long");

describe("the desk that all questions ask the archive at", () => {
  it("lets an archive rest that was late three times in a row", async () => {
    await late();
    await late();
    expect(await desk.probe()).toMatchObject({ clearings: [] });
    await late();
    await expect(desk.probe()).rejects.toMatchObject({ code: "NL_ARCHIVE_UNAVAILABLE" });
  });

  it("forgets that it was late once it was in time", async () => {
    await late();
    await late();
    await desk.call(task, 1_000, async () => undefined);
    await late();
    expect(await desk.probe()).toMatchObject({ clearings: [] });
  });

  it("ends a call that nobody waits for any more, and tells the archive", async () => {
    let signal: AbortSignal | undefined;
    const call = desk.call(task, 60_000, (given) => {
      signal = given;
      return never();
    });
    isCancelled = true;
    await expect(call).rejects.toThrow(CancelledError);
    expect(signal?.aborted).toBe(true);
  });

  it("asks once for all who come while it asks already", async () => {
    const { reader } = desk.sources;
    let asked = 0;
    const { positions } = reader;
    Object.assign(reader, {
      positions: () => {
        asked += 1;
        return positions();
      },
    });
    await Promise.all(Array.from({ length: 20 }, () => desk.probe()));
    expect(asked).toBe(2);
  });
});
