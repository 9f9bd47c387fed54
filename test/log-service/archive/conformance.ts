import { afterAll, afterEach, beforeAll, beforeEach, describe } from "vitest";

import { describeClearing } from "./conformance/clearing.ts";
import { describeConditions } from "./conformance/conditions.ts";
import { describeDirect } from "./conformance/direct.ts";
import { describeHolding } from "./conformance/holding.ts";
import { describeMoving } from "./conformance/moving.ts";
import type { ArchiveUnderTest, Subject } from "./conformance/subject.ts";
import { describeReading } from "./conformance/reading.ts";
import { describeTallies } from "./conformance/tallies.ts";
import { describeTending } from "./conformance/tending.ts";
import { NOW, WEEK } from "./samples.ts";

const PARTS = [
  describeMoving,
  describeReading,
  describeConditions,
  describeTallies,
  describeDirect,
  describeHolding,
  describeClearing,
  describeTending,
];

/** What every archive does, whatever keeps its records. @param parts Of the suite; all without. */
export function describeArchive(
  name: string,
  under: ArchiveUnderTest,
  parts: readonly ((subject: () => Subject) => void)[] = PARTS,
): void {
  describe(`${name} is an archive`, () => {
    let open: Subject | undefined;
    beforeAll(() => under.start?.());
    beforeEach(async () => {
      const archive = await under.empty();
      const hold = await archive.writer.hold();
      if (hold === undefined) throw new Error("a new archive is held by somebody");
      await hold.tend(WEEK, NOW);
      open = { ...archive, hold, move: (...parts) => hold.move(parts) };
    });
    afterEach(async () => {
      await open?.hold.release();
      await open?.writer.close();
      await open?.reader.close();
      open = undefined;
    });
    afterAll(() => under.stop?.());

    const subject = (): Subject => {
      if (open === undefined) throw new Error("no archive is open");
      return open;
    };
    for (const part of parts) part(subject);
  });
}
