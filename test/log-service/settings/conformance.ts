import { describe, expect, test } from "vitest";

import { SETTINGS_LIMITS } from "../../../apps/log-service/src/limits.ts";
import type { SettingsStore } from "../../../apps/log-service/src/settings/port.ts";

/** What every settings store promises. */
export function settingsConformance(
  name: string,
  open: () => Promise<{ readonly store: SettingsStore } & AsyncDisposable>,
): void {
  describe(`settings in ${name}`, () => {
    test("keep what is put, and forget what is taken out", async () => {
      await using opened = await open();
      const { store } = opened;
      const before = await store.read();
      await store.put("a", "1");
      const both = await store.put("b", "2");
      expect(both.entries).toEqual(
        new Map([
          ["a", "1"],
          ["b", "2"],
        ]),
      );
      const after = await store.put("a", undefined);
      expect(after.entries).toEqual(new Map([["b", "2"]]));
      expect(store.current).toEqual(after);
      expect(new Set([before.version, both.version, after.version]).size).toBe(3);
    });

    test("keep any text as key and value", async () => {
      await using opened = await open();
      const key = "level:*:a:b/ü \u0000\n";
      await opened.store.put(key, "");
      expect((await opened.store.read()).entries.get(key)).toBe("");
    });

    test("wake whoever waits for a change", async () => {
      await using opened = await open();
      await opened.store.read();
      const waiting = opened.store.changed(60_000, new AbortController().signal);
      await opened.store.put("a", "1");
      expect(await waiting).toBeUndefined();
    });

    test("let whoever waits go when the time is over, the signal fires or they close", async () => {
      await using opened = await open();
      const { store } = opened;
      await store.changed(1, new AbortController().signal);
      await store.changed(60_000, AbortSignal.abort());
      const waiting = store.changed(60_000, new AbortController().signal);
      store.close();
      expect(await waiting).toBeUndefined();
    });

    test("attack: more entries than may be are refused, and what is there stays", async () => {
      await using opened = await open();
      const { store } = opened;
      for (let at = 0; at < SETTINGS_LIMITS.entries; at += 1) await store.put(`k${at}`, "x");
      await expect(store.put("one more", "x")).rejects.toMatchObject({ code: "NL_SETTINGS_FULL" });
      const { entries } = await store.put("k0", "y");
      expect(entries.size).toBe(SETTINGS_LIMITS.entries);
      expect(entries.get("k0")).toBe("y");
    });
  });
}
