import { expect, test } from "vitest";

import { BLOCK_LIMITS } from "../../../../apps/log-service/src/limits.ts";
import type { PreparedRecord } from "../../../../apps/log-service/src/record/record.ts";
import { Committer } from "../../../../apps/log-service/src/store/redis/committer.ts";
import { sampleRecord } from "../../record/sample.ts";

test("the blocks of a large batch are made in turns, so that others are served in between", async () => {
  let laps = 0;
  let running = true;
  const lap = (): void => {
    laps += 1;
    if (running) setImmediate(lap);
  };
  setImmediate(lap);
  const madeAt = new Set<number>();
  const blocks = 6;
  const records = Array.from({ length: blocks * BLOCK_LIMITS.records }, (_, at): PreparedRecord => {
    const record = sampleRecord({ message: `record ${at}` });
    if (at % BLOCK_LIMITS.records !== 1) return record;
    // Read when its block is made, once the batch was cut.
    return {
      ...record,
      get source() {
        if (isCut) madeAt.add(laps);
        return "web";
      },
    };
  });
  let isCut = false;
  let position = 0;
  const committer = new Committer(0, async () => ({ major: (position += 1), minor: 0 }));
  const appended = committer.append(records, "");
  isCut = true;
  expect(await appended).toHaveLength(records.length);
  running = false;
  expect(madeAt.size).toBeGreaterThanOrEqual(blocks);
});
