import { describe, expect, it } from "vitest";

import { TokenCache } from "../../../../apps/log-service/src/store/redis/token-cache.ts";

const filter = (size: number) => new Uint8Array(size);

describe("the cache of token filters", () => {
  it("lets go of what was used longest ago", () => {
    const cache = new TokenCache(30);
    for (const name of ["a", "b", "c"]) cache.add(name, filter(10), new Set([name]));
    cache.get("a");
    cache.add("d", filter(10), new Set(["d"]));
    expect(["a", "b", "c", "d"].map((name) => cache.get(name) !== undefined)).toEqual([
      true,
      false,
      true,
      true,
    ]);
    expect(cache.bytes).toBe(30);
  });

  it("keeps some of what a search larger than itself asks for again and again", () => {
    const cache = new TokenCache(30);
    const names = Array.from({ length: 10 }, (_, index) => String(index));
    const search = () => {
      const inUse = new Set(names);
      let found = 0;
      for (const name of names) {
        if (cache.get(name) === undefined) cache.add(name, filter(10), inUse);
        else found += 1;
      }
      return found;
    };
    search();
    expect(search()).toBe(3);
    expect(cache.bytes).toBe(30);
  });

  it("holds nothing that is larger than itself", () => {
    const cache = new TokenCache(5);
    cache.add("a", filter(10), new Set(["a"]));
    expect(cache.get("a")).toBeUndefined();
    expect(cache.bytes).toBe(0);
  });
});
