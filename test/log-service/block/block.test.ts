import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { zstdCompressSync } from "node:zlib";

import { ByteWriter, DamagedBlockError } from "../../../apps/log-service/src/block/bytes.ts";
import { encodeBlock } from "../../../apps/log-service/src/block/encode.ts";
import { readHeader, type BlockHeader } from "../../../apps/log-service/src/block/header.ts";
import { openBlock, sealBlock } from "../../../apps/log-service/src/block/seal.ts";
import {
  buildTraceFilter,
  mayHaveTrace,
} from "../../../apps/log-service/src/block/trace-filter.ts";
import { hashBytes } from "../../../apps/log-service/src/block/hash.ts";
import { mayHaveToken } from "../../../apps/log-service/src/block/token-filter.ts";
import { tokensOf } from "../../../apps/log-service/src/block/tokens.ts";
import type { PreparedRecord } from "../../../apps/log-service/src/record/record.ts";
import { sampleRecord } from "../record/sample.ts";

const text = fc
  .string({ unit: "grapheme", maxLength: 30 })
  .map((value) => value.replaceAll("\0", " ").toWellFormed());

const instant = fc.integer({ min: 0, max: 9_223_372_036_000 });

const record = fc
  .record({
    ms: instant,
    nanos: fc.integer({ min: 0, max: 999_999 }),
    digits: fc.integer({ min: 0, max: 9 }),
    received: instant,
    level: fc.integer({ min: 0, max: 5 }),
    message: text,
    source: fc.oneof(fc.constantFrom("", "web"), text),
    traceId: text,
    spanId: text,
    tags: fc.constantFrom("", '["a"]'),
    metadata: fc.constantFrom("", '{"a":{"b":"c\\u0001"}}'),
  })
  .map((fields): PreparedRecord => sampleRecord(fields));

const records = fc.array(record, { minLength: 1, maxLength: 90 });

async function roundTrip(input: readonly PreparedRecord[]): Promise<PreparedRecord[]> {
  const sealed = await sealBlock(encodeBlock(input));
  const rows = await openBlock("default", readHeader(sealed.header), sealed.body);
  return Array.from({ length: rows.count }, (_, row) => rows.record(row));
}

describe("a block", () => {
  it("gives back every record as it was", async () => {
    await fc.assert(
      fc.asyncProperty(records, async (input) => {
        expect(await roundTrip(input)).toEqual(input);
      }),
      { numRuns: 300 },
    );
  });

  it("gives back large blocks too, which are compressed on another thread", async () => {
    const input = Array.from({ length: 4_096 }, (_, index) =>
      sampleRecord({ message: `message ${index} ${"x".repeat(index % 50)}`, source: `s${index}` }),
    );
    expect(await roundTrip(input)).toEqual(input);
  });

  it("tells in its header what its records are", () => {
    fc.assert(
      fc.property(records, (input) => {
        const { summary } = encodeBlock(input);
        const times = input.map(({ ms, nanos }) => BigInt(ms) * 1_000_000n + BigInt(nanos));
        const key = ({ ms, nanos }: { ms: number; nanos: number }) =>
          BigInt(ms) * 1_000_000n + BigInt(nanos);
        const names = new Set(input.map(({ source }) => source).filter((name) => name !== ""));
        expect(summary.records).toBe(input.length);
        expect(times.every((time) => time >= key(summary.first))).toBe(true);
        expect(times.every((time) => time <= key(summary.last))).toBe(true);
        expect(times).toContain(key(summary.first));
        expect(times).toContain(key(summary.last));
        expect(summary.receivedFirst).toBe(Math.min(...input.map(({ received }) => received)));
        expect(summary.receivedLast).toBe(Math.max(...input.map(({ received }) => received)));
        expect(summary.levels).toEqual(
          [0, 1, 2, 3, 4, 5].map((index) => input.filter(({ level }) => level === index).length),
        );
        expect(summary.sourcesComplete).toBe(names.size <= 64);
        expect([...summary.sources.keys()].every((name) => names.has(name))).toBe(true);
        expect(
          input.every(
            ({ traceId }) => traceId === "" || mayHaveTrace(summary.traceFilter, traceId),
          ),
        ).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it("says so when it has more sources than a header lists", async () => {
    const input = Array.from({ length: 65 }, (_, index) => sampleRecord({ source: `s${index}` }));
    const sealed = await sealBlock(encodeBlock(input));
    expect(readHeader(sealed.header)).toMatchObject({ sourcesComplete: false });
  });
});

describe("a damaged block", () => {
  /** The records that these bytes are read as; any error but a DamagedBlockError is a failure. */
  async function readAll(
    header: BlockHeader | Uint8Array,
    body: Uint8Array,
  ): Promise<PreparedRecord[] | "damaged"> {
    try {
      const parsed = header instanceof Uint8Array ? readHeader(header) : header;
      const rows = await openBlock("default", parsed, body);
      return Array.from({ length: rows.count }, (_, row) => rows.record(row));
    } catch (error) {
      if (error instanceof DamagedBlockError) return "damaged";
      throw error;
    }
  }

  it("is refused when its header is garbage", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 120 }), fc.uint8Array(), async (header, body) => {
        expect(await readAll(header, body)).toBe("damaged");
      }),
      { numRuns: 3_000 },
    );
  });

  it("is refused when its header is garbage after a true beginning", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 80 }), async (rest) => {
        const header = Uint8Array.from([2, 1, ...rest]);
        expect(await readAll(header, new Uint8Array(8))).toBe("damaged");
      }),
      { numRuns: 5_000 },
    );
  });

  it("is refused when cut short anywhere", async () => {
    const { header, body } = await sealBlock(encodeBlock([sampleRecord(), sampleRecord()]));
    for (let length = 0; length < header.length; length += 1) {
      expect(await readAll(header.subarray(0, length), body)).toBe("damaged");
    }
    for (let length = 0; length < body.length; length += 1) {
      expect(await readAll(header, body.subarray(0, length))).toBe("damaged");
    }
  });

  it("is refused, never read as other records, when a bit of its body flips", async () => {
    const input = Array.from({ length: 20 }, (_, index) => sampleRecord({ message: `m${index}` }));
    const { header, body } = await sealBlock(encodeBlock(input));
    for (let bit = 0; bit < body.length * 8; bit += 1) {
      const flipped = Buffer.from(body);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      // The bit that says whether there is a checksum changes nothing else.
      const read = await readAll(header, flipped);
      expect(read === "damaged" ? input : read, `bit ${bit}`).toEqual(input);
    }
  });

  it("never crashes a reader when a bit of its header flips", async () => {
    const { header, body } = await sealBlock(
      encodeBlock([sampleRecord({ source: "web", traceId: "t" }), sampleRecord()]),
    );
    for (let bit = 0; bit < header.length * 8; bit += 1) {
      const flipped = Buffer.from(header);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const read = await readAll(flipped, body);
      expect(read === "damaged" || read.length === 2, `bit ${bit}`).toBe(true);
    }
  });

  it("never crashes a reader when a section is garbage in a valid frame", async () => {
    for (const count of [2, 70]) {
      const input = Array.from({ length: count }, (_, row) =>
        sampleRecord({
          source: "web",
          message: `user ${row} from 10.0.0.${row} id ab12cd34`,
          metadata: `{"user":${row},"a":{"b":["x"]}}`,
          traceId: "0af7651916cd43dd8448eb211c80319c",
          tags: '["a"]',
        }),
      );
      const { summary, sections, tokenFilter } = encodeBlock(input);
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(fc.nat(5), fc.nat(100_000), fc.nat(255)), {
            minLength: 1,
            maxLength: 6,
          }),
          async (changes) => {
            const changed = sections.map(({ bytes, staysRaw }) => ({
              bytes: Buffer.from(bytes),
              staysRaw,
            }));
            for (const [section, at, value] of changes) {
              const bytes = changed[section]?.bytes ?? Buffer.alloc(0);
              if (bytes.length > 0) bytes[at % bytes.length] = value;
            }
            const sealed = await sealBlock({ summary, sections: changed, tokenFilter });
            const read = await readAll(sealed.header, sealed.body);
            expect(read === "damaged" || read.length === count).toBe(true);
          },
        ),
        { numRuns: 1_000 },
      );
    }
  });

  it("cannot expand beyond what its header says: a zstd bomb is cut off", async () => {
    const frame = zstdCompressSync(Buffer.alloc(200 * 1024 * 1024));
    const head = new ByteWriter(16);
    head.byte(1);
    head.byte(1);
    head.varint(frame.length);
    head.varint(1_000);
    const bomb = Buffer.concat([head.done(), frame]);
    const { header } = await sealBlock(encodeBlock([sampleRecord()]));
    const claimed = { ...readHeader(header), rawBytes: 1_000, bodyBytes: bomb.length };
    const before = process.memoryUsage().arrayBuffers;
    expect(await readAll(claimed, bomb)).toBe("damaged");
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1024 * 1024);
  });
});

const hashOf = (text: string) => hashBytes(Buffer.from(text), 0, Buffer.byteLength(text));

describe("a trace filter", () => {
  it("has every id that was put in, and few others", () => {
    const ids = Array.from({ length: 1_000 }, (_, index) => `trace-${index}`);
    const filter = buildTraceFilter(Int32Array.from(ids, hashOf));
    expect(ids.every((id) => mayHaveTrace(filter, id))).toBe(true);
    const wrong = Array.from({ length: 10_000 }, (_, index) => `other-${index}`).filter((id) =>
      mayHaveTrace(filter, id),
    );
    // One in 1,400 by design; thrice that leaves room for this one draw of ids.
    expect(wrong.length).toBeLessThan(22);
  });

  it("of no ids has none", () => {
    expect(mayHaveTrace(buildTraceFilter(new Int32Array()), "any")).toBe(false);
  });
});

describe("a token filter", () => {
  const messages = Array.from({ length: 600 }, (_, row) => `Größe of user_${row} is ${row * 7919}`);
  const { tokenFilter } = encodeBlock(messages.map((message) => sampleRecord({ message })));

  it("has every token of every message, in any case", () => {
    const missing = messages.flatMap(tokensOf).filter((token) => !mayHaveToken(tokenFilter, token));
    expect(missing).toEqual([]);
  });

  it("lets one absent token in about a thousand through", () => {
    const wrong = Array.from({ length: 20_000 }, (_, index) => `absent${index}`).filter((token) =>
      mayHaveToken(tokenFilter, token),
    );
    expect(wrong.length).toBeLessThan(60);
  });

  it("knows nothing of short numbers, nor of a block without one", () => {
    expect(mayHaveToken(tokenFilter, "9999")).toBe(true);
    expect(mayHaveToken(undefined, "absent")).toBe(true);
    expect(encodeBlock([sampleRecord()]).tokenFilter).toBeUndefined();
  });
});
