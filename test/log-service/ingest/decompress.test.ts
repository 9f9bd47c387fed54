import { deflateSync, gzipSync, zstdCompressSync } from "node:zlib";

import { expect, test } from "vitest";

import { decompress } from "../../../apps/log-service/src/ingest/decompress.ts";
import { INGEST_LIMITS } from "../../../apps/log-service/src/limits.ts";

const text = Buffer.from('{"message":"a"}');

test.each([
  ["gzip", gzipSync(text)],
  ["GZIP", gzipSync(text)],
  ["deflate", deflateSync(text)],
  ["zstd", zstdCompressSync(text)],
  ["identity", text],
  [undefined, text],
])("undoes the encoding %s", async (encoding, bytes) => {
  expect(await decompress(bytes, encoding)).toEqual(text);
});

test.each(["br", "gzip, gzip", "toString", "__proto__"])(
  "refuses the encoding %s",
  async (name) => {
    await expect(decompress(text, name)).rejects.toMatchObject({ code: "NL_CONTENT_ENCODING" });
  },
);

test("attack: a bomb that expands a thousandfold is stopped at the limit", async () => {
  const bomb = gzipSync(Buffer.alloc(INGEST_LIMITS.bodyBytes + 1));
  expect(bomb.length).toBeLessThan(100_000);
  await expect(decompress(bomb, "gzip")).rejects.toMatchObject({ code: "NL_BODY_TOO_LARGE" });
});

test.each(["gzip", "deflate", "zstd"])(
  "attack: damaged %s is an error, not a crash",
  async (name) => {
    await expect(decompress(text, name)).rejects.toMatchObject({ code: "NL_BODY_ENCODING" });
    const cut = gzipSync(Buffer.alloc(1000, "x")).subarray(0, 15);
    await expect(decompress(cut, name)).rejects.toMatchObject({ code: "NL_BODY_ENCODING" });
  },
);
