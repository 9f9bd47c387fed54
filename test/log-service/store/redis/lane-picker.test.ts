import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";

import { LanePicker } from "../../../../apps/log-service/src/store/redis/lane-picker.ts";

const lane = (name: string, load = 0) => ({ name, load });

describe("the choice of a lane", () => {
  it("stays with one lane for small writes, and then takes the next", () => {
    const picker = new LanePicker([lane("a"), lane("b")], 0);
    const names = [0, 400, 999, 1_000, 1_999, 2_000].map((ms) => picker.forSmall(ms).name);
    expect(names).toEqual(["a", "a", "a", "b", "b", "a"]);
  });

  it("takes lanes by turns for large writes while none waits", () => {
    const picker = new LanePicker([lane("a"), lane("b"), lane("c")], 0);
    expect(Array.from({ length: 4 }, () => picker.forLarge().name)).toEqual(["b", "c", "a", "b"]);
  });

  it("passes over lanes that have more waiting", () => {
    const picker = new LanePicker([lane("a", 9), lane("b", 1), lane("c", 9)], 0);
    expect(Array.from({ length: 3 }, () => picker.forLarge().name)).toEqual(["b", "b", "b"]);
  });

  it("gives one key the same lane in every process, and keys all lanes", () => {
    const lanes = [lane("a"), lane("b"), lane("c")] as const;
    const [one, other] = [new LanePicker([...lanes], 0), new LanePicker([...lanes], 2)];
    const keys = Array.from({ length: 50 }, (_, index) =>
      createHash("sha256").update(String(index)).digest(),
    );
    const chosen = keys.map((key) => one.forKey(key).name);
    expect(keys.map((key) => other.forKey(key).name)).toEqual(chosen);
    expect(new Set(chosen).size).toBe(3);
  });
});
