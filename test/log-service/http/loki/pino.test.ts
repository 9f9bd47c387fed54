import { once } from "node:events";

import { pino } from "pino";
import { pinoLoki } from "pino-loki";
import { afterAll, beforeAll, expect, test } from "vitest";

import { startTestService, type TestService } from "../support.ts";

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

test("what pino's transport for Loki pushes in batches is found once each, with its level and fields", async () => {
  const transport = pinoLoki({
    host: service.url,
    basicAuth: { username: "any", password: service.key("writer") },
    labels: { app: "shop" },
    structuredMetaKey: "meta",
    batching: { interval: 1, maxBufferSize: 1_000 },
  });
  const logger = pino({ base: null }, transport);
  for (let order = 0; order < 300; order += 1) {
    const fields = { order, meta: { trace_id: `t${order}` } };
    if (order % 100 === 0) logger.error(fields, "declined");
    else logger.info(fields, "paid");
  }
  transport.end();
  await once(transport, "close");

  const client = service.client("reader");
  const orders: unknown[] = [];
  for await (const { message, source, trace_id } of client.searchAll({ source: "shop" })) {
    const { order }: { order: number } = JSON.parse(message);
    expect({ source, trace_id }).toEqual({ source: "shop", trace_id: `t${order}` });
    orders.push(order);
  }
  expect(orders.toSorted((a, b) => Number(a) - Number(b))).toEqual(
    Array.from({ length: 300 }, (_, order) => order),
  );
  const { records } = await client.search({ level: "error" });
  expect(records.map(({ message }) => JSON.parse(message).order).toSorted()).toEqual([0, 100, 200]);
});
