import { expect, it } from "vitest";

import type { Subject } from "./subject.ts";
import { archivable, commit, messagesOf, place } from "../samples.ts";

export function describeHolding(subject: () => Subject): void {
  it("lets one process move at a time, and the next one once that lets go", async () => {
    const { hold, another, reader } = subject();
    const other = another();
    expect(await other.hold()).toBeUndefined();
    await hold.move([commit(1, 1, [archivable({ message: "a" })])]);
    await hold.release();
    const next = await other.hold();
    expect(await next?.positions()).toEqual([
      { namespace: "default", position: place(1, 1), committed: 1 },
    ]);
    await next?.move([commit(1, 2, [archivable({ message: "b" })])]);
    await next?.release();
    await other.close();
    expect(await messagesOf(reader)).toEqual(["a", "b"]);
  });

  it("moves nothing more for one that has let go", async () => {
    const { hold, reader } = subject();
    await hold.release();
    await expect(hold.move([commit(1, 1, [archivable()])])).rejects.toMatchObject({
      code: "NL_ARCHIVE_UNAVAILABLE",
    });
    expect(await messagesOf(reader)).toEqual([]);
  });

  it("lets go when its writer is closed", async () => {
    const { hold, another } = subject();
    await hold.release();
    const [first, second] = [another(), another()];
    expect(await first.hold()).toBeDefined();
    await first.close();
    const next = await second.hold();
    expect(next).toBeDefined();
    await second.close();
  });
}
