import { createServer } from "node:net";
import { expect, test } from "vitest";
import { freePort, HEALTH_STEP, isFree, isOurs } from "../../tools/port.ts";

test("a free port is none that the system hands out to outgoing connections", async () => {
  for (let round = 0; round < 50; round++) {
    const port = await freePort();
    expect(port).toBeGreaterThan(10_000);
    expect(port).toBeLessThan(32_768);
  }
});

test("a port that was found is found by nobody else before its finder listens on it", async () => {
  const found: number[] = [];
  while (found.length < 300) found.push(await freePort());
  expect(new Set(found).size).toBe(300);
});

test("a port that two look at before either listens on it is one's", async () => {
  const usual = (await freePort()) + HEALTH_STEP;
  expect([await isOurs(usual), await isOurs(usual)]).toEqual([true, false]);
});

test("the health port of a tenant at a found port is never found for anything else", async () => {
  const found = await Promise.all(Array.from({ length: 300 }, freePort));
  const health = new Set(found.map((port) => port + HEALTH_STEP));
  expect(found.filter((port) => health.has(port))).toEqual([]);
});

test("a port is free until somebody listens on it, and again afterwards", async () => {
  const port = await freePort();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  expect(await isFree(port)).toBe(false);
  await new Promise((resolve) => server.close(resolve));
  expect(await isFree(port)).toBe(true);
});
