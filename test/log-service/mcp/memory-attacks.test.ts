import { connect } from "node:net";

import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";

import { INGEST_LIMITS, MCP_LIMITS } from "../../../apps/log-service/src/limits.ts";
import { startTestService, type TestService } from "../http/support.ts";
import { RawSocket } from "./raw-socket.ts";

/** What MCP clients make the service hold counts towards what all doors may hold together. */

const MIB = 1024 * 1024;
const SHARE = INGEST_LIMITS.bodiesBytes / 2;
const LIST = { jsonrpc: "2.0", id: "list", method: "tools/list" };

let service: TestService;
beforeAll(async () => {
  service = await startTestService({
    env: { NEURALLOG_MCP_WS_PORT: "0" },
    keys: [
      { name: "hostile", role: "admin" },
      { name: "slow", role: "admin" },
      { name: "other", role: "admin" },
    ],
  });
});
afterAll(() => service.stop());

const enter = (key: string) => new RawSocket(service.socketUrl, service.key(key)).open();
const padded = (bytes: number) => ({ pad: "x".repeat(bytes) });

async function answers(socket: RawSocket, bytes: number): Promise<boolean> {
  const before = socket.answers.length;
  socket.send({ ...LIST, id: before, params: { _meta: padded(bytes) } });
  await expect.poll(() => socket.answers.length).toBe(before + 1);
  return socket.answerTo(before)?.result !== undefined;
}

test("attack: huge messages that are half sent over many sockets take a key's share and no more", async () => {
  const part = 3 * MIB;
  const most = Math.floor(SHARE / part);
  const half = await Promise.all(Array.from({ length: most + 4 }, () => enter("hostile")));
  onTestFinished(async () => {
    await Promise.all(half.map((socket) => socket[Symbol.asyncDispose]()));
  });
  for (const { socket } of half)
    socket.send(Buffer.alloc(part, "x"), { binary: false, fin: false });
  const ended = () => half.filter(({ closed }) => closed === 1013).length;
  await expect.poll(ended).toBeGreaterThanOrEqual(4);
  // Another key has its own share.
  await using other = await enter("other");
  expect(await answers(other, MIB)).toBe(true);
  // Room comes back as they leave.
  await Promise.all(half.map((socket) => socket[Symbol.asyncDispose]()));
  await using again = await enter("hostile");
  await expect.poll(() => answers(again, 2 * MIB)).toBe(true);
});

test("attack: calls of a megabyte each, many in flight, wait for room on the client's side, and all are answered", async () => {
  await using one = await enter("hostile");
  await using two = await enter("hostile");
  const calls = SHARE / MIB;
  for (let n = 0; n < calls; n += 1) {
    for (const socket of [one, two]) {
      socket.call(n, "neurallog.follow", { wait_seconds: 1 }, padded(MIB));
    }
  }
  for (const socket of [one, two]) {
    await expect.poll(() => socket.answers.length).toBe(calls);
    expect(new Set(socket.answers.map(({ id }) => id)).size).toBe(calls);
  }
  expect(await answers(one, 2 * MIB)).toBe(true);
});

test("attack: bodies for /mcp that are announced and never sent take a key's share and no more", async () => {
  const head =
    `POST /mcp HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${service.key("slow")}\r\n` +
    `content-type: application/json\r\naccept: application/json, text/event-stream\r\n` +
    `content-length: ${MCP_LIMITS.messageBytes}\r\n\r\n{`;
  const slow = Array.from({ length: SHARE / MCP_LIMITS.messageBytes }, () => {
    const socket = connect(service.port, "127.0.0.1", () => socket.write(head));
    // The service may end it, which is no failure of the test's.
    socket.on("error", () => undefined);
    onTestFinished(() => void socket.destroy());
    return socket;
  });
  const post = (key: string, path: string, body: string) =>
    service.call(key, path, {
      method: "POST",
      body,
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
      },
    });
  // Ten kilobytes of tools would hide what else an answer has.
  const list = async (key: string) => {
    const { status, body } = await post(key, "/mcp", JSON.stringify(LIST));
    return { status, body: status === 200 ? undefined : body };
  };
  const busy = { status: 503, body: { error: { code: "NL_STORE_BUSY" } } };
  await expect.poll(() => list("slow")).toMatchObject(busy);
  // One budget for all doors.
  expect(await post("slow", "/api/logs", '{"message":"m"}')).toMatchObject(busy);
  expect((await list("other")).status).toBe(200);
  for (const socket of slow) socket.destroy();
  await expect.poll(() => list("slow")).toMatchObject({ status: 200 });
});
