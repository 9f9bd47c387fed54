import { once } from "node:events";
import { get, type ClientRequest, type IncomingMessage } from "node:http";
import { connect } from "node:net";

import { afterEach, describe, expect, test, vi } from "vitest";

import { FOLLOW_LIMITS } from "../../../apps/log-service/src/limits.ts";
import { sampleRecord } from "../record/sample.ts";
import { startTestService, type ServiceOptions, type TestService } from "./support.ts";

let service: TestService;
const connections: ClientRequest[] = [];

afterEach(async () => {
  for (const connection of connections.splice(0)) connection.destroy();
  await service.stop();
});

/** On a store that has the namespace: those that are made later are looked for every other second. */
async function startService(options: ServiceOptions = {}): Promise<void> {
  service = await startTestService(options);
  await write("before");
}

async function open(
  parameters: Record<string, string> = {},
  headers: Record<string, string> = {},
  key = "reader",
) {
  const sent = get(`${service.url}/api/logs/stream?${new URLSearchParams(parameters)}`, {
    agent: false,
    headers: { authorization: `Bearer ${service.key(key)}`, ...headers },
  });
  connections.push(sent);
  const [reply]: IncomingMessage[] = await once(sent, "response");
  if (reply === undefined) throw new Error("no response");
  let text = "";
  reply.on("data", (chunk: Buffer) => (text += chunk.toString()));
  reply.on("error", () => undefined);
  return {
    status: reply.statusCode,
    headers: reply.headers,
    text: () => text,
    messages: () =>
      [...text.matchAll(/^data: (\{"id".+)$/gm)].map(([, data = ""]): string => {
        const { message }: { message: string } = JSON.parse(data);
        return message;
      }),
    lastId: () => [...text.matchAll(/^id: (.+)$/gm)].at(-1)?.[1] ?? "",
    ended: new Promise((resolve) => reply.once("close", resolve)),
    close: () => sent.destroy(),
  };
}

async function write(...messages: string[]): Promise<void> {
  await service.store.append(messages.map((message) => sampleRecord({ message })));
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 50));

describe("GET /api/logs/stream", () => {
  test("sends what is stored from now on as server-sent events", async () => {
    await startService();
    const stream = await open();
    expect(stream.headers["content-type"]).toBe("text/event-stream; charset=utf-8");
    expect(stream.headers["x-accel-buffering"]).toBe("no");
    await write("one");
    await vi.waitFor(() => expect(stream.messages()).toEqual(["one"]));
    expect(stream.text()).toMatch(/^retry: \d+\n\n/);
  });

  test("sends what the query and the parameters match", async () => {
    await startService();
    const stream = await open({ q: "message:card*", level: "warn" });
    await settle();
    await service.store.append([
      sampleRecord({ message: "cards", level: 2 }),
      sampleRecord({ message: "cards", level: 3 }),
      sampleRecord({ message: "other", level: 4 }),
    ]);
    await vi.waitFor(() => expect(stream.messages()).toEqual(["cards"]));
  });

  test("goes on after Last-Event-ID", async () => {
    await startService();
    const first = await open();
    await settle();
    await write("one");
    await vi.waitFor(() => expect(first.messages()).toEqual(["one"]));
    first.close();
    await write("two");
    const second = await open({}, { "last-event-id": first.lastId() });
    await vi.waitFor(() => expect(second.messages()).toEqual(["two"]));
  });

  test("answers a query with a mistake by its own status, not by a stream", async () => {
    await startService();
    const { status } = await open({ q: "level:(" });
    expect(status).toBe(400);
  });

  test("is for readers alone", async () => {
    await startService();
    const { status } = await open({}, {}, "writer");
    expect(status).toBe(403);
  });

  test("shows a key of one namespace nothing of the others", async () => {
    await startService({
      keys: [{ name: "reader", role: "reader", namespaces: ["default"] }],
    });
    const stream = await open();
    await settle();
    await service.store.append([
      sampleRecord({ message: "foreign", namespace: "other" }),
      sampleRecord({ message: "own" }),
    ]);
    await vi.waitFor(() => expect(stream.messages()).toEqual(["own"]));
    const foreign = await open({ namespace: "other" });
    expect(foreign.status).toBe(403);
  });

  test("ends when its key is revoked", { timeout: 20_000 }, async () => {
    await startService();
    const stream = await open();
    service.access.list([]);
    await stream.ended;
    expect(FOLLOW_LIMITS.recheckMs).toBeGreaterThan(0);
  });

  test("ends in good order when the service stops", async () => {
    await startService();
    const stream = await open();
    await service.stop();
    await stream.ended;
    expect(stream.text()).toContain("retry:");
  });

  test("tells a client that does not read exactly how many events it missed", async () => {
    await startService();
    const socket = connect(service.port, "127.0.0.1");
    socket.write(
      `GET /api/logs/stream HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${service.key("reader")}\r\n\r\n`,
    );
    let text = "";
    await new Promise((resolve) => socket.once("data", resolve));
    socket.pause();
    await settle();
    const filler = "x".repeat(50_000);
    let sent = 0;
    const dropped = async () =>
      /neurallog_follow_dropped_total (\d+)/.exec(
        await (await fetch(`${service.opsUrl}/metrics`)).text(),
      )?.[1];
    for (; Number(await dropped()) === 0; sent += 40) {
      await write(...Array.from({ length: 40 }, (_, index) => `${sent + index} ${filler}`));
      await new Promise((resolve) => setTimeout(resolve, FOLLOW_LIMITS.pollMs));
    }
    socket.on("data", (chunk) => (text += chunk.toString("latin1")));
    socket.resume();
    await vi.waitFor(() => expect(text).toContain("event: dropped"), { timeout: 5_000 });
    const told = JSON.parse(/event: dropped\ndata: (.+)\n/.exec(text)?.[1] ?? "{}");
    const received = [...text.matchAll(/"message":"\d+ x/g)].length;
    expect(told).toEqual({ reason: "slow", events: sent - received });
    socket.destroy();
  });
});
