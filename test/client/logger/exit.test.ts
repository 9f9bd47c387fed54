import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer } from "node:net";

import { expect, onTestFinished, test } from "vitest";

import { freePort } from "../../support/port.ts";
import { startMcpServer } from "./mcp-server.ts";
import { runApplication, startCollector } from "./support.ts";

/** Takes connections and never says a word. */
async function startSilence() {
  const sockets = new Set<{ destroy(): void }>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    // Nor does it read: what is sent fills the network's buffers.
    socket.pause();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

// What starting Node and loading the logger takes on a busy machine, beside the second for a
// connection and the second for the flush.
const IN_TIME_MS = 20_000;
const HOLDING = "setTimeout(() => { console.log('held'); process.exit(9); }, 25_000).unref();";

test.each(["http", "ws"])(
  "attack: an application whose server never answers over %s exits in time",
  async (scheme) => {
    await using silence = await startSilence();
    const { code, ms, stderr, stdout } = await runApplication(
      `${HOLDING} const log = createLogger(); for (let at = 0; at < 5_000; at++) log.info("x".repeat(1_000));`,
      { NEURALLOG_URL: `${scheme}://127.0.0.1:${silence.port}` },
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(ms).toBeLessThan(IN_TIME_MS);
    expect(stderr.split("\n").filter((line) => line !== "").length).toBeLessThanOrEqual(1);
  },
);

test("attack: a server that never answers while the application goes on and then ends", async () => {
  await using silence = await startSilence();
  const { code, ms } = await runApplication(
    `${HOLDING} const log = createLogger();
     for (let at = 0; at < 3_000; at++) log.info("x".repeat(1_000));
     setTimeout(() => log.info("last"), 1_500);`,
    { NEURALLOG_URL: `http://127.0.0.1:${silence.port}` },
  );
  expect(code).toBe(0);
  expect(ms).toBeLessThan(IN_TIME_MS);
});

test.each(["http", "ws"])("attack: a host that takes no connection over %s", async (scheme) => {
  // A stopped process accepts nothing: when the places of its queue are taken, the next ones wait.
  const port = await freePort();
  const host = spawn(process.execPath, [
    "--eval",
    `require("node:net").createServer().listen({ port: ${port}, host: "127.0.0.1", backlog: 1 }, () => console.log("up"))`,
  ]);
  onTestFinished(() => void host.kill("SIGKILL"));
  await once(host.stdout, "data");
  host.kill("SIGSTOP");
  const fillers = Array.from({ length: 4 }, () => connect(port, "127.0.0.1"));
  for (const filler of fillers) filler.on("error", () => undefined);
  onTestFinished(() => {
    for (const filler of fillers) filler.destroy();
  });
  const { code, ms, stdout } = await runApplication(
    `${HOLDING} const log = createLogger(); log.info("m"); setTimeout(() => log.info("n"), 500);`,
    { NEURALLOG_URL: `${scheme}://127.0.0.1:${port}` },
  );
  expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
  expect(ms).toBeLessThan(IN_TIME_MS);
});

test.each(["http", "ws"])(
  "a server that is not there over %s does not hold the application",
  async (scheme) => {
    const { code, ms, stderr } = await runApplication(
      `${HOLDING} const log = createLogger(); log.info("m"); log.error("n");`,
      { NEURALLOG_URL: `${scheme}://127.0.0.1:${await freePort()}` },
    );
    expect(code).toBe(0);
    expect(ms).toBeLessThan(IN_TIME_MS);
    expect(stderr).toMatch(/^neurallog: NLC_UNREACHABLE: cannot reach .*ECONNREFUSED\n$/);
  },
);

test("what was logged last is sent before the process ends", async () => {
  await using collector = await startCollector();
  const { code } = await runApplication(
    `const log = createLogger(); log.info("one"); setTimeout(() => log.info("two"), 20);`,
    { NEURALLOG_URL: collector.url },
  );
  expect(code).toBe(0);
  const messages = collector.records().map(({ message }) => message);
  expect(messages.filter((message) => message !== undefined)).toEqual(["one", "two"]);
});

test("a logger that is idle, follows levels and has an open connection does not hold the process", async () => {
  await using collector = await startCollector((seen, response) => {
    // The question for levels is never answered.
    if (seen.url.startsWith("/api/levels")) return;
    response.end(JSON.stringify({ accepted: 1, rejected: [], ids: [] }));
  });
  const { code, stdout } = await runApplication(
    `${HOLDING} const log = createLogger(); log.info("m"); await log.flush(); await new Promise((done) => setTimeout(done, 100));`,
    { NEURALLOG_URL: collector.url },
  );
  expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
  expect(collector.seen.map(({ url }) => url)).toEqual(
    expect.arrayContaining(["/api/levels", "/api/logs"]),
  );
});

test("over WebSocket, too, the last records are sent and an idle connection does not hold the process", async () => {
  await using server = await startMcpServer();
  const { code, stdout, stderr } = await runApplication(
    `${HOLDING} const log = createLogger(); log.info("one");
     while (log.stats().sent < 1) await new Promise((done) => setTimeout(done, 10));
     log.info("two");`,
    { NEURALLOG_URL: server.url },
  );
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "", stderr: "" });
  expect(server.logged.map(({ message }) => message)).toEqual(["one", "two"]);
});

test("SIGTERM flushes where the application asks for it, and still ends the process", async () => {
  await using collector = await startCollector();
  const { signal } = await runApplication(
    `const log = createLogger({ batch: { ms: 3_600_000 }, flushOnSignals: ["SIGTERM"] });
     log.info("last words"); console.log("ready"); setInterval(() => {}, 1_000);`,
    { NEURALLOG_URL: collector.url },
    async (child) => {
      if (child.stdout !== null) await once(child.stdout, "data");
      child.kill("SIGTERM");
    },
  );
  expect(signal).toBe("SIGTERM");
  expect(collector.records().map(({ message }) => message)).toContain("last words");
});

test("SIGTERM is the application's own matter where it does not ask", async () => {
  await using collector = await startCollector();
  const { code } = await runApplication(
    `const log = createLogger(); log.info("m");
     process.on("SIGTERM", () => process.exit(7)); console.log("ready"); setInterval(() => {}, 1_000);`,
    { NEURALLOG_URL: collector.url },
    async (child) => {
      if (child.stdout !== null) await once(child.stdout, "data");
      child.kill("SIGTERM");
    },
  );
  expect(code).toBe(7);
});

test("attack: an application that logs whenever it is about to end still ends", async () => {
  await using collector = await startCollector();
  const { code, ms } = await runApplication(
    `const log = createLogger(); process.on("beforeExit", () => log.info("again"));`,
    { NEURALLOG_URL: collector.url },
  );
  expect(code).toBe(0);
  expect(ms).toBeLessThan(IN_TIME_MS);
});

test("each worker thread has a connection of its own, and sends before it ends", async () => {
  await using collector = await startCollector();
  const { code, stderr } = await runApplication(
    `import { Worker } from "node:worker_threads";
     import { once } from "node:events";
     const log = createLogger({ component: "main" });
     log.info("from main");
     const text = "import { createLogger } from '" + LOGGER + "'; createLogger({ component: 'worker' }).info('from a worker');";
     const start = () => new Worker(new URL("data:text/javascript," + encodeURIComponent(text)));
     await Promise.all([start(), start()].map((worker) => once(worker, "exit")));`,
    { NEURALLOG_URL: collector.url },
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const sources = collector.records().flatMap(({ component }) => component ?? []);
  expect(sources.toSorted()).toEqual(["main", "worker", "worker"]);
});

test("each process of a cluster has a connection of its own, and none sends another's records", async () => {
  await using collector = await startCollector();
  const { code, stderr } = await runApplication(
    `import cluster from "node:cluster"; import { once } from "node:events";
     const log = createLogger({ component: cluster.isPrimary ? "primary" : "worker" });
     log.info("of " + process.pid);
     if (cluster.isPrimary) {
       const forks = [cluster.fork(), cluster.fork()];
       await Promise.all(forks.map((fork) => once(fork, "exit")));
     } else { await log.close(); process.exit(0); }`,
    { NEURALLOG_URL: collector.url },
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const messages = collector.records().map(({ message }) => message);
  expect(new Set(messages.filter((message) => message !== undefined)).size).toBe(3);
});

test("two copies of the module in one process both work, and know each other's traces", async () => {
  await using collector = await startCollector();
  const { code, stdout } = await runApplication(
    `const other = await import(LOGGER + "?copy");
     const log = createLogger({ component: "one" });
     const copy = other.createLogger({ component: "two" });
     console.log(other.createLogger === createLogger);
     runWithTrace("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", () => { log.info("m"); copy.info("m"); });`,
    { NEURALLOG_URL: collector.url },
  );
  expect({ code, stdout }).toEqual({ code: 0, stdout: "false\n" });
  const sent = collector.records().filter(({ message }) => message === "m");
  expect(sent.map(({ trace_id }) => trace_id)).toEqual(
    Array.from({ length: 2 }, () => "0af7651916cd43dd8448eb211c80319c"),
  );
});
