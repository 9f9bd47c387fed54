import { expect, it } from "vitest";

import { createMemoryStore } from "../../../../apps/log-service/src/store/memory/memory-store.ts";
import { sampleRecord } from "../../record/sample.ts";
import { contents, describeStore } from "../conformance.ts";
import { compileLevel } from "../model.ts";

describeStore("the memory store", {
  empty: async () => createMemoryStore({ compileTombstone: compileLevel }),
});

describeStore("the memory store with three lanes", {
  empty: async () => createMemoryStore({ compileTombstone: compileLevel, lanes: 3 }),
});

for (const layout of ["merged", "half-merged"] as const) {
  it(`shows each record once, under its own id, when its blocks lie ${layout}`, async () => {
    const store = createMemoryStore({ layout });
    const ids: string[] = [];
    for (let batch = 0; batch < 5; batch += 1) {
      ids.push(...(await store.append([sampleRecord(), sampleRecord()])));
    }
    expect((await contents(store, ["default"])).map(([id]) => id)).toEqual(ids);
    const { blocks } = await store.snapshot(["default"]);
    expect(blocks.length).toBe(layout === "merged" ? 1 : blocks.length);
    expect(blocks.some(({ header }) => header.runs !== undefined)).toBe(true);
  });
}
