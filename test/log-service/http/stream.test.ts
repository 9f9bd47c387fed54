import { once } from "node:events";
import { get, type ClientRequest, type IncomingMessage } from "node:http";
import { connect } from "node:net";

import { afterEach, describe, expect, test } from "vitest";

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

describe("GET /api/logs/stream", () => {
  test("sends what is stored from now on as server-sent events", async () => {
    await startService();
    const stream = await open();
    expect(stream.headers["content-type"]).toBe("text/event-stream; charset=utf-8");
    expect(stream.headers["x-accel-buffering"]).toBe("no");
    await write("one");
    await expect.poll(() => stream.messages()).toEqual(["one"]);
    expect(stream.text()).toMatch(/^retry: \d+\n\n/);
  });

  test("sends what the query and the parameters match", async () => {
    await startService();
    const stream = await open({ q: "message:card*", level: "warn" });
    await service.store.append([
      sampleRecord({ message: "cards", level: 2 }),
      sampleRecord({ message: "cards", level: 3 }),
      sampleRecord({ message: "other", level: 4 }),
    ]);
    await expect.poll(() => stream.messages()).toEqual(["cards"]);
  });

  test("goes on after Last-Event-ID", async () => {
    await startService();
    const first = await open();
    await write("one");
    await expect.poll(() => first.messages()).toEqual(["one"]);
    first.close();
    await write("two");
    const second = await open({}, { "last-event-id": first.lastId() });
    await expect.poll(() => second.messages()).toEqual(["two"]);
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
    await service.store.append([
      sampleRecord({ message: "foreign", namespace: "other" }),
      sampleRecord({ message: "own" }),
    ]);
    await expect.poll(() => stream.messages()).toEqual(["own"]);
    const foreign = await open({ namespace: "other" });
    expect(foreign.status).toBe(403);
  });

  test("ends when its key is revoked", async () => {
    await startService();
    const stream = await open();
    service.access.list([]);
    await stream.ended;
    expect(stream.text()).toContain("retry:");
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
    await once(socket, "data");
    socket.pause();
    const filler = "x".repeat(50_000);
    let sent = 0;
    const counted = async (name: string): Promise<number> => {
      const metrics = await (await fetch(`${service.opsUrl}/metrics`)).text();
      return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(metrics)?.[1]);
    };
    while ((await counted("neurallog_follow_dropped_total")) === 0) {
      await write(...Array.from({ length: 40 }, (_, index) => `${sent + index} ${filler}`));
      sent += 40;
      // All of it was either written to the connection or dropped: nothing comes after what is told.
      await expect.poll(() => counted("neurallog_follow_events_total")).toBe(sent);
    }
    socket.on("data", (chunk) => (text += chunk.toString("latin1")));
    socket.resume();
    await expect.poll(() => text).toMatch(/event: dropped\ndata: .+\n/);
    const told = JSON.parse(/event: dropped\ndata: (.+)\n/.exec(text)?.[1] ?? "{}");
    const received = [...text.matchAll(/"message":"\d+ x/g)].length;
    expect(told).toEqual({ reason: "slow", events: sent - received });
    socket.destroy();
  });
});
