import { createServer } from "node:net";
import { once } from "node:events";

import { expect, test } from "vitest";

import { startTestService } from "../../log-service/http/support.ts";
import { freePort } from "../../support/port.ts";
import { startProxy } from "../proxy.ts";
import { json } from "../support.ts";
import { startCollector, startLogger, store } from "./support.ts";

test("a batch whose answer is lost is sent again under its key, and stored once", async () => {
  await using service = await startTestService();
  await using proxy = await startProxy(service.url);
  await using started = startLogger({ url: proxy.url, key: service.key("writer") });
  const { logger } = started;
  proxy.cutAfter(0);
  for (let at = 0; at < 20; at++) logger.info(`record ${at}`);
  await expect.poll(async () => (await service.client("reader").count()).count).toBe(20);
  await expect.poll(() => logger.stats().connected).toBe(false);
  expect(logger.stats()).toMatchObject({ sent: 0, queued: 20 });
  proxy.cutAfter(undefined);
  await expect.poll(() => logger.stats()).toMatchObject({ sent: 20, queued: 0, connected: true });
  expect((await service.client("reader").count()).count).toBe(20);
});

test("nothing is lost or doubled while the network breaks again and again", async () => {
  await using service = await startTestService();
  await using proxy = await startProxy(service.url);
  await using started = startLogger({
    url: proxy.url,
    key: service.key("writer"),
    batch: { ms: 10 },
  });
  const { logger } = started;
  const total = 2_000;
  for (let at = 0; at < total; at++) {
    logger.info(`record ${at}`, { at });
    if (at % 200 === 100) proxy.cutAfter(at % 400);
    if (at % 200 === 150) {
      proxy.cut();
      proxy.cutAfter(undefined);
    }
    if (at % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  proxy.cutAfter(undefined);
  await expect.poll(() => logger.stats().sent).toBe(total);
  const found = new Set<unknown>();
  let count = 0;
  for await (const { metadata } of service.client("reader").searchAll({ limit: 1_000 })) {
    found.add(metadata?.["at"]);
    count += 1;
  }
  expect([count, found.size]).toEqual([total, total]);
});

test("a server that is away is asked again, and everything arrives when it is back", async () => {
  const port = await freePort();
  let key: string | undefined;
  await using started = startLogger({ url: `http://127.0.0.1:${port}`, key: () => key });
  const { logger, errors } = started;
  logger.info("early");
  await expect.poll(() => errors.length).toBeGreaterThanOrEqual(3);
  expect(errors[0]).toMatchObject({
    code: "NLC_UNREACHABLE",
    message: expect.stringContaining("ECONNREFUSED"),
  });
  expect(logger.stats()).toMatchObject({ connected: false, queued: 1 });
  await using service = await startTestService({ env: { NEURALLOG_PORT: String(port) } });
  key = service.key("writer");
  await expect.poll(() => logger.stats()).toMatchObject({ connected: true, sent: 1, queued: 0 });
  const { records } = await service.client("reader").search();
  expect(records.map(({ message }) => message)).toEqual(["early"]);
});

test.each([429, 503])("a %i is waited out for as long as the service asks", async (status) => {
  let askedAt = 0;
  let cameAt = 0;
  await using collector = await startCollector((seen, response, count) => {
    if (count === 1) {
      askedAt = performance.now();
      json(
        response,
        status,
        { error: { code: "NL_RATE_LIMITED", message: "slow" } },
        { "retry-after": "1" },
      );
      return;
    }
    cameAt ||= performance.now();
    store(seen, response);
  });
  await using started = startLogger({ url: collector.url });
  const { logger } = started;
  logger.info("m");
  await expect.poll(() => collector.seen.length).toBe(1);
  await expect.poll(() => logger.stats().connected).toBe(false);
  // Not even a flush comes sooner.
  await logger.flush(100);
  await expect.poll(() => logger.stats()).toMatchObject({ sent: 1 });
  expect(cameAt - askedAt).toBeGreaterThan(900);
});

test("records that the service refuses are counted, and the others stored", async () => {
  await using collector = await startCollector((_seen, response) =>
    json(response, 200, {
      accepted: 1,
      rejected: [{ index: 0, code: "NL_RECORD_TOO_LARGE", message: "too large" }],
      ids: [null, "1"],
    }),
  );
  await using started = startLogger({ url: collector.url });
  started.logger.info("bad");
  started.logger.info("good");
  await expect
    .poll(() => started.logger.stats())
    .toMatchObject({ sent: 1, rejected: 1, queued: 0 });
  expect(started.errors).toMatchObject([{ code: "NLC_REJECTED" }]);
  expect(collector.seen).toHaveLength(1);
});

test("a batch that is refused as bad is dropped at once, and the next one is sent", async () => {
  await using collector = await startCollector((seen, response, count) => {
    if (count === 1) json(response, 400, { error: { code: "NL_BODY_INVALID", message: "bad" } });
    else store(seen, response);
  });
  await using started = startLogger({ url: collector.url });
  started.logger.info("bad");
  await expect.poll(() => started.logger.stats()).toMatchObject({ rejected: 1, queued: 0 });
  started.logger.info("good");
  await expect.poll(() => started.logger.stats()).toMatchObject({ sent: 1, rejected: 1 });
  expect(collector.seen).toHaveLength(2);
});

test.each([301, 401, 403, 404])("a %i is not retried for ever", async (status) => {
  await using collector = await startCollector((_seen, response) => {
    response.writeHead(status, { location: "http://127.0.0.1:1/" });
    response.end("no");
  });
  await using started = startLogger({ url: collector.url });
  started.logger.info("m");
  await expect.poll(() => started.logger.stats()).toMatchObject({ rejected: 1, queued: 0 });
  expect(collector.seen).toHaveLength(3);
});

test("attack: a server that takes connections and never answers", async () => {
  const sockets = new Set<{ destroy(): void }>();
  const server = createServer((socket) => sockets.add(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  try {
    // Far beyond what is expected: only who waits for the answer takes so long.
    await using started = startLogger({
      url: `http://127.0.0.1:${port}`,
      answerTimeoutMs: 60_000,
    });
    started.logger.info("m");
    const before = performance.now();
    expect(await started.logger.flush()).toBe(false);
    expect(performance.now() - before).toBeLessThan(20_000);
    expect(await started.logger.close(50)).toBe(false);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
});

test("attack: an answer without end", async () => {
  await using collector = await startCollector((_seen, response) => {
    response.writeHead(200);
    const more = () => {
      while (!response.destroyed && response.write("x".repeat(65_536)));
      if (!response.destroyed) response.once("drain", more);
    };
    more();
  });
  await using started = startLogger({ url: collector.url });
  started.logger.info("m");
  await expect.poll(() => started.errors.at(0)).toMatchObject({ code: "NLC_NOT_NEURALLOG" });
});

test("a flush takes no longer than it is told", async () => {
  await using started = startLogger({ url: `http://127.0.0.1:${await freePort()}` });
  started.logger.info("m");
  expect(await started.logger.flush(1)).toBe(false);
  expect(started.logger.stats().queued).toBe(1);
});
