import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { startTestService, type TestService } from "../../log-service/http/support.ts";
import { json } from "../support.ts";
import { startMcpServer } from "./mcp-server.ts";
import { runApplication, startCollector, startLogger } from "./support.ts";
import { makeCertificates, startTls, type Certificates } from "./tls.ts";

let service: TestService;
let ours: Certificates;
let others: Certificates;
beforeAll(async () => {
  [service, ours, others] = await Promise.all([
    startTestService(),
    makeCertificates(),
    makeCertificates("127.0.0.9"),
  ]);
});
afterAll(() => service.stop());

test("over https with a private authority records arrive at the real service, and its levels are followed", async () => {
  await using tls = await startTls(service.url, ours);
  await using started = startLogger({
    url: tls.url,
    key: service.key("writer"),
    component: "over-tls",
    ca: ours.ca,
    levelsUrl: undefined,
  });
  const { logger, errors } = started;
  logger.info("m");
  await expect.poll(() => logger.stats().sent).toBe(1);
  const { records } = await service.client("reader").search({ source: "over-tls" });
  expect(records.map(({ message }) => message)).toEqual(["m"]);
  await service.client("admin").admin.setLevel({ source: "over-tls", level: "DEBUG" });
  await expect.poll(() => logger.stats().level).toBe("debug");
  expect(errors).toEqual([]);
});

test("over wss with a private authority records arrive, several authorities in one text included", async () => {
  await using server = await startMcpServer({ key: "nlk_1" });
  await using tls = await startTls(server.url, ours);
  await using started = startLogger({
    url: tls.url,
    key: "nlk_1",
    ca: Buffer.from(`${others.ca}\n${ours.ca}`),
  });
  started.logger.info("m");
  await expect.poll(() => server.logged.map(({ message }) => message)).toEqual(["m"]);
  expect(started.errors).toEqual([]);
});

test("over wss levels are asked for at the same host over https, with the same authority", async () => {
  await using collector = await startCollector((_seen, response) =>
    json(response, 200, { levels: [{ source: "*", namespace: "*", level: "WARN" }] }),
  );
  await using tls = await startTls(collector.url, ours);
  await using started = startLogger({
    url: tls.url.replace("https", "wss"),
    ca: ours.ca,
    levelsUrl: undefined,
  });
  await expect.poll(() => started.logger.stats().level).toBe("warn");
});

describe.each(["http", "ws"])("attack over %ss:", (scheme) => {
  async function startBehind(certificates: Certificates) {
    const stack = new AsyncDisposableStack();
    const collector = stack.use(await startCollector());
    const mcp = stack.use(await startMcpServer());
    const tls = stack.use(
      await startTls(scheme === "http" ? collector.url : mcp.url, certificates),
    );
    return {
      url: tls.url,
      arrived: () => collector.seen.length + mcp.logged.length,
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  }

  test.each([
    ["an authority that is not trusted", () => ours, () => undefined],
    ["a certificate of another authority", () => ours, () => others.ca],
    ["a certificate of another host", () => others, () => others.ca],
    ["authorities that are none", () => ours, () => "no PEM"],
  ])("%s gets no record and no key, and the application goes on", async (_what, server, ca) => {
    await using behind = await startBehind(server());
    await using started = startLogger({ url: behind.url, key: "nlk_1", ca: ca() });
    const { logger, errors } = started;
    logger.info("m");
    await expect.poll(() => errors.length).toBeGreaterThan(0);
    expect(errors[0]).toMatchObject({ code: "NLC_UNREACHABLE" });
    expect(String(errors[0])).not.toContain("nlk_1");
    expect(logger.stats()).toMatchObject({ sent: 0, queued: 1, connected: false });
    expect(behind.arrived()).toBe(0);
  });

  test("a server without TLS gets nothing in clear", async () => {
    await using collector = await startCollector();
    await using started = startLogger({ url: collector.url.replace("http", `${scheme}s`) });
    started.logger.info("m");
    await expect.poll(() => started.errors.length).toBeGreaterThan(0);
    expect(collector.seen).toEqual([]);
  });

  test("an idle connection over TLS does not hold the process", async () => {
    await using behind = await startBehind(ours);
    const { code, stdout, stderr } = await runApplication(
      `setTimeout(() => { console.log("held"); process.exit(9); }, 25_000).unref();
       const log = createLogger({ ca: process.env.CA, levelsUrl: false }); log.info("one");
       while (log.stats().sent < 1) await new Promise((done) => setTimeout(done, 10));
       log.info("two");`,
      { NEURALLOG_URL: behind.url, CA: ours.ca },
    );
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(behind.arrived()).toBe(2);
  });
});
