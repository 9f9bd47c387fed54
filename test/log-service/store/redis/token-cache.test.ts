import { describe, expect, it } from "vitest";

import {
  TokenCache,
  type TokenHolder,
} from "../../../../apps/log-service/src/store/redis/token-cache.ts";

const filter = (size: number) => new Uint8Array(size);
const block = (position: string): TokenHolder => ({ position, kept: undefined });

describe("the cache of token filters", () => {
  it("lets go of what was used longest ago", () => {
    const cache = new TokenCache(30);
    for (const name of ["a", "b", "c"]) cache.add(block(name), filter(10), new Set([name]));
    cache.get(block("a"));
    cache.add(block("d"), filter(10), new Set(["d"]));
    expect(["a", "b", "c", "d"].map((name) => cache.get(block(name)) !== undefined)).toEqual([
      true,
      false,
      true,
      true,
    ]);
    expect(cache.bytes).toBe(30);
  });

  it("keeps some of what a search larger than itself asks for again and again", () => {
    const cache = new TokenCache(30);
    const blocks = Array.from({ length: 10 }, (_, index) => block(String(index)));
    const search = () => {
      const inUse = new Set(blocks.map(({ position }) => position));
      let found = 0;
      for (const each of blocks) {
        if (cache.get(each) === undefined) cache.add(each, filter(10), inUse);
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
    cache.add(block("a"), filter(10), new Set(["a"]));
    expect(cache.get(block("a"))).toBeUndefined();
    expect(cache.bytes).toBe(0);
  });

  it("leaves nothing at a block whose filter it let go of", () => {
    const cache = new TokenCache(10);
    const [first, again, second] = [block("a"), block("a"), block("b")];
    cache.add(first, filter(10), new Set(["a"]));
    cache.get(again);
    cache.clear();
    expect([first, again].map(({ kept }) => kept?.filter)).toEqual([undefined, undefined]);
    cache.add(first, filter(10), new Set(["a"]));
    expect(cache.get(again)).toBeDefined();
    cache.add(second, filter(10), new Set(["b"]));
    cache.add(block("c"), filter(10), new Set(["c"]));
    expect([first, again].map(({ kept }) => kept?.filter)).toEqual([undefined, undefined]);
    expect(cache.bytes).toBe(10);
  });
});
