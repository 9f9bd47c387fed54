import { createLogger, type Logger } from "@neurallog/client/logger";
import { afterAll, beforeAll, expect, test } from "vitest";

import { startTestService, type TestService } from "../../log-service/http/support.ts";
import { json } from "../support.ts";
import { startMcpServer } from "./mcp-server.ts";
import { sendAll, callWith, startCollector, startLogger } from "./support.ts";

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

const levelOf = (logger: Logger) => logger.stats().level;
const setLevel = (source: string, level: string, namespace = "*") =>
  service.client("admin").admin.setLevel({ source, level, namespace });

test("a level that is set at the service is followed while running, and left when it is unset", async () => {
  const { admin } = service.client("admin");
  await using started = startLogger({
    url: service.url,
    key: service.key("writer"),
    component: "follow-http",
    levelsUrl: undefined,
  });
  const { logger } = started;
  expect(levelOf(logger)).toBe("info");
  await setLevel("follow-http", "DEBUG");
  await expect.poll(() => levelOf(logger)).toBe("debug");
  logger.debug("now sent");
  logger.trace("still not sent");
  await sendAll(logger);
  const { records } = await service.client("reader").search({ source: "follow-http" });
  expect(records.map(({ message }) => message)).toEqual(["now sent"]);
  await setLevel("follow-http", "ERROR");
  await expect.poll(() => levelOf(logger)).toBe("error");
  await admin.unsetLevel({ source: "follow-http" });
  await expect.poll(() => levelOf(logger)).toBe("info");
});

test("a child with a component of its own follows its own level", async () => {
  await using started = startLogger({
    url: service.url,
    key: service.key("writer"),
    component: "parent",
    levelsUrl: undefined,
  });
  const child = started.logger.child({ request: 1 }, { component: "child" });
  const same = started.logger.child({ request: 2 });
  await setLevel("child", "TRACE");
  await expect.poll(() => levelOf(child)).toBe("trace");
  expect([levelOf(started.logger), levelOf(same)]).toEqual(["info", "info"]);
  const late = same.child(undefined, { component: "child" });
  expect(levelOf(late)).toBe("trace");
});

test("a level for all is followed by those that have none of their own", async () => {
  const { admin } = service.client("admin");
  const options = { url: service.url, key: service.key("writer"), levelsUrl: undefined };
  await using one = startLogger({ ...options, component: "has-own" });
  await using other = startLogger({ ...options, component: "has-none" });
  await setLevel("has-own", "WARN");
  await setLevel("*", "ERROR");
  await expect.poll(() => [levelOf(one.logger), levelOf(other.logger)]).toEqual(["warn", "error"]);
  await admin.unsetLevel({ source: "*" });
  await expect.poll(() => levelOf(other.logger)).toBe("info");
});

test("over WebSocket levels are followed over HTTP beside it", async () => {
  await using server = await startMcpServer();
  await using started = startLogger({
    url: server.url,
    key: service.key("writer"),
    component: "follow-ws",
    levelsUrl: service.url,
  });
  await setLevel("follow-ws", "DEBUG");
  await expect.poll(() => levelOf(started.logger)).toBe("debug");
  started.logger.debug("now sent");
  await expect.poll(() => server.logged.map(({ message }) => message)).toEqual(["now sent"]);
});

test("without another address levels are asked for where the WebSocket is", async () => {
  await using collector = await startCollector((seen, response) =>
    json(response, 200, {
      levels: [{ source: "*", namespace: "*", level: "WARN" }],
      seen: seen.url,
    }),
  );
  await using started = startLogger({
    url: collector.url.replace("http", "ws"),
    levelsUrl: undefined,
  });
  await expect.poll(() => levelOf(started.logger)).toBe("warn");
  expect(collector.seen.map(({ url }) => url)).toContain("/api/levels");
});

test("without a namespace the levels of the one that the service calls its default count", async () => {
  const levels = [
    { source: "*", namespace: "default", level: "TRACE" },
    { source: "*", namespace: "main", level: "ERROR" },
  ];
  let answer: object = { levels, default_namespace: "main" };
  await using collector = await startCollector((_seen, response) => json(response, 200, answer));
  const options = { url: collector.url, levelsUrl: undefined };
  await using told = startLogger(options);
  await expect.poll(() => levelOf(told.logger)).toBe("error");
  await using named = startLogger({ ...options, namespace: "default" });
  await expect.poll(() => levelOf(named.logger)).toBe("trace");
  answer = { levels, default_namespace: 7 };
  await using untold = startLogger(options);
  await expect.poll(() => levelOf(untold.logger)).toBe("trace");
});

test("the nearest level counts: of the component and namespace, then of the component, then of all", async () => {
  const levels = [
    { source: "*", namespace: "*", level: "FATAL" },
    { source: "*", namespace: "shop", level: "ERROR" },
    { source: "a", namespace: "*", level: "WARN" },
    { source: "b", namespace: "shop", level: "DEBUG" },
    { source: "b", namespace: "*", level: "INFO" },
    { source: "c", namespace: "other", level: "TRACE" },
  ];
  await using collector = await startCollector((_seen, response) =>
    json(response, 200, { levels }),
  );
  await using started = startLogger({
    url: collector.url,
    namespace: "shop",
    levelsUrl: undefined,
  });
  const found = () =>
    ["a", "b", "c"].map((component) => levelOf(started.logger.child(undefined, { component })));
  await expect.poll(found).toEqual(["warn", "debug", "error"]);
});

test.each(["[]", '{"levels":5}', '{"levels":[{"source":1}]}', "no"])(
  "attack: a service that answers %s for levels changes none",
  async (body) => {
    await using collector = await startCollector((_seen, response) => response.end(body));
    await using started = startLogger({ url: collector.url, levelsUrl: undefined });
    await expect.poll(() => collector.seen.length).toBe(1);
    expect(levelOf(started.logger)).toBe("info");
  },
);

test("attack: a service that answers the question for changes at once is not asked without end", async () => {
  await using collector = await startCollector((seen, response, count) => {
    if (count === 1) json(response, 200, { levels: [] }, { etag: '"1"' });
    else {
      response.writeHead(304, { etag: seen.headers["if-none-match"] });
      response.end();
    }
  });
  await using started = startLogger({ url: collector.url, levelsUrl: undefined });
  await expect.poll(() => collector.seen.length).toBe(2);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(collector.seen).toHaveLength(2);
  expect(levelOf(started.logger)).toBe("info");
});

test("a logger that is off stays off, whatever is set", async () => {
  const logger = createLogger({ url: service.url, enabled: false, component: "off" });
  await setLevel("off", "TRACE");
  callWith(logger, "error", "m");
  expect(logger.stats()).toMatchObject({ enabled: false, level: "silent", queued: 0 });
  expect(logger.isLevelEnabled("fatal")).toBe(false);
  expect(await logger.close()).toBe(true);
});
