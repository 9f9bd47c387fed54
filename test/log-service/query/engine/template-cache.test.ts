import { describe, expect, it } from "vitest";

import { encodeBlock } from "../../../../apps/log-service/src/block/encode.ts";
import { readHeader } from "../../../../apps/log-service/src/block/header.ts";
import type { BlockRows } from "../../../../apps/log-service/src/block/rows.ts";
import { openBlock, sealBlock } from "../../../../apps/log-service/src/block/seal.ts";
import { TemplateCache } from "../../../../apps/log-service/src/query/engine/template-cache.ts";
import { sampleRecord } from "../../record/sample.ts";

async function blockOf(...messages: readonly string[]): Promise<BlockRows> {
  const records = messages.map((message) => sampleRecord({ message }));
  const sealed = await sealBlock(encodeBlock(records));
  return openBlock("default", readHeader(sealed.header), sealed.body);
}

const NOBODY = new Set<string>();

describe("the cache of templates", () => {
  it("keeps a template of several blocks once", async () => {
    const cache = new TemplateCache(10_000);
    cache.learn("a", await blockOf("user 1 came", "user 2 came"), NOBODY);
    const one = cache.get("a");
    cache.learn("b", await blockOf("ready", "user 3 came"), NOBODY);
    const two = cache.get("b");
    expect(one?.dictionary.texts.length).toBe(2);
    expect(one?.dictionary).toBe(two?.dictionary);
    expect([...(one?.rows ?? [])]).toEqual([0, 0]);
    expect(two?.templates[two.rows[1] ?? 9]).toBe(one?.templates[0]);
  });

  it("lets the oldest block go for a new one, and no more than its budget stay", async () => {
    const cache = new TemplateCache(2_000);
    for (let at = 0; at < 20; at += 1) {
      expect(cache.learn(`block ${at}`, await blockOf("ready", "steady"), NOBODY)).toBe(true);
      expect(cache.bytes).toBeLessThanOrEqual(2_000 + 300);
    }
    expect(cache.get("block 0")).toBeUndefined();
    expect(cache.get("block 19")).toBeDefined();
  });

  it("lets nothing go for a question over more than fits", async () => {
    const cache = new TemplateCache(2_000);
    const inUse = new Set(Array.from({ length: 20 }, (_, at) => `block ${at}`));
    const learned = [];
    for (const position of inUse) learned.push(cache.learn(position, await blockOf("a"), inUse));
    expect(learned[0]).toBe(true);
    expect(learned.at(-1)).toBe(false);
    expect(cache.get("block 0")).toBeDefined();
  });

  it("begins anew where messages are all different", async () => {
    const cache = new TemplateCache(4_000);
    for (let at = 0; at < 50; at += 1) {
      const different = "abcdefghij".repeat(20).slice(at);
      cache.learn(`block ${at}`, await blockOf(different), NOBODY);
      expect(cache.bytes).toBeLessThan(4_000 + 500);
    }
    expect(cache.get("block 49")).toBeDefined();
  });
});
