import { once } from "node:events";
import { setImmediate } from "node:timers/promises";

import { expect, test } from "vitest";

import { readServeConfig } from "../../../apps/log-service/src/config/serve.ts";
import { ServiceError } from "../../../apps/log-service/src/errors.ts";
import { SYSLOG_LIMITS } from "../../../apps/log-service/src/limits.ts";
import { SyslogUdp } from "../../../apps/log-service/src/syslog/udp.ts";
import { SyslogTcp } from "../../../apps/log-service/src/syslog/tcp.ts";
import { Networks } from "../../../apps/log-service/src/syslog/networks.ts";
import { SyslogSink } from "../../../apps/log-service/src/syslog/sink.ts";
import { closed, startTestSyslog } from "./support.ts";

test("syslog is off unless it is given an address", () => {
  const { syslog } = readServeConfig({
    NEURALLOG_TENANT: "acme",
    NEURALLOG_REDIS_URL: "redis://127.0.0.1:1",
    NEURALLOG_ACCESS_FILE: "x",
    NEURALLOG_KEYS_DIR: "x",
  });
  expect(syslog).toMatchObject({
    tcp: undefined,
    udp: undefined,
    networks: ["127.0.0.0/8", "::1/128"],
  });
});

test.each([
  ["NEURALLOG_SYSLOG_TCP", "6514"],
  ["NEURALLOG_SYSLOG_TCP", "localhost:6514"],
  ["NEURALLOG_SYSLOG_UDP", "127.0.0.1:70000"],
  ["NEURALLOG_SYSLOG_NETWORKS", "10.0.0.0/33"],
  ["NEURALLOG_SYSLOG_NETWORKS", "everybody"],
  ["NEURALLOG_SYSLOG_ZONE", "Mars/Olympus"],
])("%s=%s is refused at the start", async (name, value) => {
  await expect(startTestSyslog({ [name]: value })).rejects.toThrow("must be");
});

test("messages over TCP are stored, in both framings on one connection", async () => {
  await using syslog = await startTestSyslog({ NEURALLOG_SYSLOG_NAMESPACE: "hosts" });
  const socket = await syslog.open();
  socket.write("<13>Jan  2 03:04:05 web-1 app: one\n34 <13>Jan  2 03:04:06 web-1 app: two");
  expect(await syslog.messages(2)).toEqual(["one", "two"]);
  expect(syslog.kept[0]).toMatchObject({ source: "app", namespace: "hosts" });
  socket.destroy();
});

test("what was received when a sender leaves is stored", async () => {
  await using syslog = await startTestSyslog();
  const socket = await syslog.open();
  socket.end("<13>last words");
  expect(await syslog.messages(1)).toEqual(["last words"]);
});

test("messages over UDP are stored", async () => {
  await using syslog = await startTestSyslog();
  await syslog.datagram("<13>one");
  await syslog.datagram("<13>1 2026-01-02T03:04:05Z h a - - - two");
  expect((await syslog.messages(2)).toSorted()).toEqual(["one", "two"]);
});

test("what waits over UDP is stored when syslog stops", async () => {
  const syslog = await startTestSyslog();
  await syslog.datagram("<13>one");
  // The kernel has it; a whole turn of the event loop reads it.
  await setImmediate();
  await setImmediate();
  await syslog.stop();
  expect(syslog.kept.map(({ message }) => message)).toEqual(["one"]);
});

test("attack: an address outside the networks is not heard, over TCP and UDP", async () => {
  await using syslog = await startTestSyslog({ NEURALLOG_SYSLOG_NETWORKS: "192.0.2.0/24" });
  const socket = await syslog.open();
  await closed(socket);
  await syslog.datagram("<13>x");
  await expect
    .poll(() => syslog.count("neurallog_requests_refused_total", "NL_SYSLOG_SENDER"))
    .toBe(2);
  expect(syslog.kept).toEqual([]);
});

test("attack: what is no syslog over TCP is cut off, and others are served on", async () => {
  await using syslog = await startTestSyslog();
  const good = await syslog.open();
  const bad = await syslog.open();
  bad.write("999999999999 x");
  await closed(bad);
  good.write("<13>still here\n");
  expect(await syslog.messages(1)).toEqual(["still here"]);
  expect(await syslog.count("neurallog_requests_refused_total", "NL_SYSLOG_FRAMING")).toBe(1);
  good.destroy();
});

test("a store that is busy slows a sender over TCP down and loses nothing", async () => {
  await using syslog = await startTestSyslog();
  const append = syslog.store.append;
  let refusals = 3;
  syslog.store.append = (records, options) => {
    refusals -= 1;
    return refusals >= 0
      ? Promise.reject(new ServiceError("NL_STORE_BUSY", undefined, { retryAfterSeconds: 0.02 }))
      : append(records, options);
  };
  const socket = await syslog.open();
  for (let at = 0; at < 20; at += 1) socket.write(`<13>message ${at}\n`);
  expect(await syslog.messages(20)).toEqual(Array.from({ length: 20 }, (_, at) => `message ${at}`));
  socket.destroy();
});

test("a store that is busy drops what comes over UDP, and counts it", async () => {
  await using syslog = await startTestSyslog();
  syslog.store.append = () => Promise.reject(new ServiceError("NL_STORE_BUSY"));
  await syslog.datagram("<13>one");
  await expect
    .poll(() => syslog.count("neurallog_records_rejected_total", "NL_STORE_BUSY"))
    .toBe(1);
});

test.each([
  ["of one byte", 1, SYSLOG_LIMITS.datagrams],
  ["as large as may be", 60_000, Math.floor(SYSLOG_LIMITS.datagramBytes / 60_004)],
])(
  "attack: a flood of datagrams %s fills what may wait and no more, and each one dropped is counted",
  async (_size, length, most) => {
    await using syslog = await startTestSyslog();
    const append = syslog.store.append;
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    // A store that takes its time: what comes meanwhile has to wait, or go.
    syslog.store.append = async (records, options) => {
      await released;
      return append(records, options);
    };
    const { writer, metrics } = syslog;
    const udp = new SyslogUdp({
      family: "udp4",
      sink: new SyslogSink({ writer, namespace: "default", zone: "UTC" }),
      networks: new Networks(["127.0.0.0/8"]),
      metrics,
      warn: () => undefined,
    });
    // As the kernel hands them over, only faster than it could.
    const take = () => {
      const bytes = Buffer.from(`<13>${"x".repeat(length)}`);
      udp.socket.emit("message", bytes, { address: "127.0.0.1" });
    };
    const all = most + SYSLOG_LIMITS.batchDatagrams + 500;
    for (let sent = 0; sent < all; sent += 1) take();
    const dropped = await syslog.count("neurallog_records_rejected_total", "NL_STORE_BUSY");
    release();
    await udp.stop();
    expect(dropped).toBeGreaterThan(0);
    expect(syslog.kept.length + dropped).toBe(all);
    // One batch that is on its way, and as many as may wait.
    expect(syslog.kept.length).toBeLessThanOrEqual(most + SYSLOG_LIMITS.batchDatagrams);
  },
);

test("attack: a message that dribbles in is cut off, and so is a silent connection", async () => {
  await using syslog = await startTestSyslog();
  const tcp = new SyslogTcp({
    sink: new SyslogSink({ writer: syslog.writer, namespace: "default", zone: "UTC" }),
    networks: new Networks(["127.0.0.0/8"]),
    metrics: syslog.metrics,
    warn: () => undefined,
    limits: { ...SYSLOG_LIMITS, messageMs: 100, idleMs: 1_000 },
  });
  tcp.server.listen(0, "127.0.0.1");
  await once(tcp.server, "listening");
  const address = tcp.server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const [slow, silent] = [await syslog.open(port), await syslog.open(port)];
  slow.write("<13>a");
  const dribble = setInterval(() => slow.write("a"), 20);
  await closed(slow);
  clearInterval(dribble);
  await closed(silent);
  await tcp.stop();
  expect(await syslog.count("neurallog_requests_refused_total", "NL_REQUEST_TIMEOUT")).toBe(1);
});

test("attack: more connections than there may be are not taken", async () => {
  await using syslog = await startTestSyslog();
  const sockets = [];
  for (let at = 0; at < SYSLOG_LIMITS.connections; at += 1) sockets.push(await syslog.open());
  const extra = await syslog.open();
  await closed(extra);
  for (const socket of sockets) socket.destroy();
  expect(sockets.length).toBe(SYSLOG_LIMITS.connections);
});
