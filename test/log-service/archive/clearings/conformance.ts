import { describe, expect, test } from "vitest";

import { CLEARING_LIMITS } from "../../../../apps/log-service/src/archive/limits.ts";
import type { PendingClearings } from "../../../../apps/log-service/src/archive/clearings/port.ts";
import type { Tombstone } from "../../../../apps/log-service/src/store/port.ts";

export function clearing(id: string, parts: Partial<Tombstone> = {}): Tombstone {
  return {
    id,
    namespace: "default",
    filter: "",
    fromMs: undefined,
    toMs: undefined,
    upTo: ["115"],
    createdMs: 1_000,
    by: "admin",
    ...parts,
  };
}

/** What every list of pending clearings promises. */
export function clearingsConformance(
  name: string,
  open: () => Promise<{ readonly clearings: PendingClearings } & AsyncDisposable>,
): void {
  describe(`pending clearings in ${name}`, () => {
    test("give back all that was added, oldest first, with every field", async () => {
      await using opened = await open();
      const { clearings } = opened;
      const late = clearing("late", {
        namespace: "audit",
        filter: '{"kind":"all","of":[]}',
        fromMs: 0,
        toMs: 20,
        upTo: ["115", "1224"],
        createdMs: 2_000,
        by: 'ü "quoted"\n',
      });
      await clearings.add(late);
      await clearings.add(clearing("early"));
      expect(await clearings.list()).toEqual([clearing("early"), late]);
    });

    test("are empty at first and after all was done", async () => {
      await using opened = await open();
      const { clearings } = opened;
      expect(await clearings.list()).toEqual([]);
      await clearings.add(clearing("one"));
      await clearings.done(["one", "never was"]);
      await clearings.done([]);
      expect(await clearings.list()).toEqual([]);
    });

    test("keep the first of those with one id", async () => {
      await using opened = await open();
      const { clearings } = opened;
      await clearings.add(clearing("one"));
      await clearings.add(clearing("one", { by: "another" }));
      expect(await clearings.list()).toEqual([clearing("one")]);
    });

    test("keep a place for one that is begun, until it is added or done", async () => {
      await using opened = await open();
      const { clearings } = opened;
      const intended = clearing("intended", { upTo: [] });
      await clearings.begin(intended);
      await clearings.begin(clearing("other", { createdMs: 500 }));
      expect((await clearings.begun()).map(({ id }) => id)).toEqual(["other", "intended"]);
      expect(await clearings.list()).toEqual([]);
      for (let at = 2; at < CLEARING_LIMITS.pending; at += 1) {
        await clearings.add(clearing(`c${at}`));
      }
      await expect(clearings.begin(clearing("one more"))).rejects.toMatchObject({
        code: "NL_CLEAR_LIMIT",
      });
      await expect(clearings.add(clearing("one more"))).rejects.toMatchObject({
        code: "NL_CLEAR_LIMIT",
      });
      await clearings.add(clearing("cleared"), "intended");
      await clearings.done(["other"]);
      expect(await clearings.begun()).toEqual([]);
      expect((await clearings.list()).map(({ id }) => id)).toContain("cleared");
    });

    test("attack: more clearings than may wait are refused, and those that wait stay", async () => {
      await using opened = await open();
      const { clearings } = opened;
      for (let at = 0; at < CLEARING_LIMITS.pending; at += 1) {
        await clearings.add(clearing(`c${at}`));
      }
      await expect(clearings.add(clearing("one more"))).rejects.toMatchObject({
        code: "NL_CLEAR_LIMIT",
      });
      await clearings.add(clearing("c0"));
      expect(await clearings.list()).toHaveLength(CLEARING_LIMITS.pending);
    });
  });
}
