import { ConnectionError, ResponseError, type LogInput, type WriteResult } from "@neurallog/client";
import { describe, expect, it } from "vitest";
import { EXIT } from "../../../apps/cli/src/errors.ts";
import { LIMITS } from "../../../apps/cli/src/limits.ts";
import { Sender, type Outgoing, type Write } from "../../../apps/cli/src/send/sender.ts";

const item = (number: number): Outgoing => ({
  record: { message: String(number) },
  place: `a.log line ${number}`,
});

const stored = (records: readonly LogInput[]): WriteResult => ({
  accepted: records.length,
  rejected: [],
  ids: records.map(({ message }) => message),
});

async function sendAll(sender: Sender, count: number): Promise<void> {
  for (let number = 1; number <= count; number++) await sender.add(item(number));
  await sender.finish();
}

describe("sending", () => {
  it("sends whole batches in the order of the lines, one at a time", async () => {
    const sizes: number[] = [];
    const ids: string[] = [];
    let underway = 0;
    const write: Write = async (records) => {
      underway++;
      expect(underway).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 5));
      underway--;
      sizes.push(records.length);
      return stored(records);
    };
    const sender = new Sender(write, (some) => void ids.push(...some));
    await sendAll(sender, 2.5 * LIMITS.batchRecords);
    expect(sizes).toEqual([LIMITS.batchRecords, LIMITS.batchRecords, LIMITS.batchRecords / 2]);
    expect(ids).toEqual(Array.from({ length: 2.5 * LIMITS.batchRecords }, (_, at) => `${at + 1}`));
    expect(sender.accepted).toBe(ids.length);
  });

  it("sends sooner when the records are long", async () => {
    const sizes: number[] = [];
    const sender = new Sender(async (records) => {
      sizes.push(records.length);
      return stored(records);
    });
    const long = "x".repeat(LIMITS.batchUnits / 4);
    for (let at = 0; at < 10; at++) await sender.add({ record: { message: long }, place: "" });
    await sender.finish();
    expect(sizes).toEqual([4, 4, 2]);
  });

  it("names the lines that were rejected and stores their neighbours", async () => {
    const sender = new Sender(async (records) => ({
      accepted: records.length - 1,
      rejected: [{ index: 2, code: "NL_RECORD_LEVEL", message: "level 'x'" }],
      ids: [],
    }));
    await sendAll(sender, 5);
    expect(sender.accepted).toBe(4);
    expect(sender.rejected).toEqual([
      { place: "a.log line 3", code: "NL_RECORD_LEVEL", message: "level 'x'" },
    ]);
  });

  it("stops at a failure and names the first line that was not stored", async () => {
    let calls = 0;
    const sender = new Sender(async (records) => {
      if (++calls === 2) throw new ResponseError(503, "NL_STORE_FULL", "full");
      return stored(records);
    });
    await expect(sendAll(sender, 5 * LIMITS.batchRecords)).rejects.toMatchObject({
      exit: EXIT.unavailable,
      message: expect.stringContaining(`not sent from a.log line ${LIMITS.batchRecords + 1} on`),
    });
    expect(calls).toBe(2);
  });

  it("says that a batch may have been stored when no answer came", async () => {
    const sender = new Sender(async () => {
      throw new ConnectionError("NLC_TIMEOUT", "no answer");
    });
    await expect(sendAll(sender, 1)).rejects.toThrow(
      "whether the batch on its way was stored is unknown",
    );
  });

  const refused = () =>
    new ConnectionError(
      "NLC_UNREACHABLE",
      "nobody listens",
      new TypeError("fetch failed", {
        cause: Object.assign(new Error("connect"), { code: "ECONNREFUSED" }),
      }),
    );

  it("waits for a service that restarts, which a program behind a pipe must not notice", async () => {
    const keys: string[] = [];
    const sender = new Sender(async (records, key) => {
      if (keys.push(key) === 2) throw refused();
      return stored(records);
    });
    await sendAll(sender, 2 * LIMITS.batchRecords);
    expect(sender.accepted).toBe(2 * LIMITS.batchRecords);
    // A batch keeps its name, by which it is stored once.
    expect(keys).toEqual([expect.any(String), keys[2], expect.any(String)]);
    expect(keys[0]).not.toBe(keys[1]);
  });

  it("does not wait for a service that was never there", async () => {
    let calls = 0;
    const sender = new Sender(async () => {
      calls++;
      throw refused();
    });
    await expect(sendAll(sender, 1)).rejects.toMatchObject({ exit: EXIT.unavailable });
    expect(calls).toBe(1);
  });

  it("leaves a batch that may be stored to the client, which has tried it again under its name", async () => {
    let calls = 0;
    const sender = new Sender(async (records) => {
      if (++calls === 2) throw new ConnectionError("NLC_UNREACHABLE", "reset");
      return stored(records);
    });
    await expect(sendAll(sender, 2 * LIMITS.batchRecords)).rejects.toThrow("reset");
    expect(calls).toBe(2);
  });

  it("keeps the exit code of a refusal", async () => {
    const sender = new Sender(async () => {
      throw new ResponseError(403, "NL_FORBIDDEN_ROLE", "no");
    });
    await expect(sendAll(sender, 1)).rejects.toMatchObject({ exit: EXIT.refused });
  });
});
