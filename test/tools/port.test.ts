import { createServer } from "node:net";
import { expect, test } from "vitest";
import { freePort, isFree } from "../../tools/port.ts";

test("a free port is none that the system hands out to outgoing connections", async () => {
  for (let round = 0; round < 50; round++) {
    const port = await freePort();
    expect(port).toBeGreaterThan(10_000);
    expect(port).toBeLessThan(32_768);
  }
});

test("a port is free until somebody listens on it, and again afterwards", async () => {
  const port = await freePort();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  expect(await isFree(port)).toBe(false);
  await new Promise((resolve) => server.close(resolve));
  expect(await isFree(port)).toBe(true);
});
