import {
  NeuralLogClient,
  type Dropped,
  type Following,
  type FollowOptions,
  type FollowParams,
} from "@neurallog/client";
import { expect, test } from "vitest";

import { startTestService, type TestService } from "../log-service/http/support.ts";
import { startProxy } from "./proxy.ts";
import { json, PAGE, startServer } from "./support.ts";

const followers = async (service: TestService): Promise<number> =>
  Number(/^neurallog_followers (\d+)$/m.exec(await text(`${service.opsUrl}/metrics`))?.[1] ?? 0);
const text = async (url: string): Promise<string> => (await fetch(url)).text();
const at = (url: string, service: TestService, timeoutMs = 30_000) =>
  new NeuralLogClient({ url, key: service.key("reader"), timeoutMs });

/** Follows in the background, and keeps the messages with the positions behind them. */
function collect(client: NeuralLogClient, params: FollowParams = {}, options: FollowOptions = {}) {
  const end = new AbortController();
  const following: Following = client.follow(params, { signal: end.signal, ...options });
  const seen: string[] = [];
  const positions: string[] = [];
  const done = (async () => {
    for await (const { message } of following) {
      seen.push(message);
      positions.push(following.position ?? "");
    }
  })();
  return {
    seen,
    positions,
    done,
    [Symbol.asyncDispose]: async () => {
      end.abort();
      await done;
    },
  };
}

test("following gives what is stored from now on and matches, once, whatever its timestamp", async () => {
  await using service = await startTestService();
  const writer = service.client("writer");
  await writer.write({ message: "before", level: "ERROR" });
  await using follower = collect(service.client("reader"), { q: "level>=WARN" });
  await expect.poll(() => followers(service)).toBe(1);
  await writer.write([
    { message: "ignored", level: "INFO" },
    { message: "old", level: "WARN", timestamp: "2001-01-01T00:00:00Z" },
  ]);
  await expect.poll(() => follower.seen).toEqual(["old"]);
  const many = Array.from({ length: 250 }, (_, n) => ({ message: `m${n}`, level: "ERROR" }));
  await writer.write(many);
  await writer.write({ message: "elsewhere", level: "FATAL", namespace: "new" });
  await expect.poll(() => follower.seen.length).toBe(252);
  expect(new Set(follower.seen).size).toBe(252);
});

test("a stream that breaks is taken up where it broke, before its first record too", async () => {
  await using service = await startTestService();
  await using proxy = await startProxy(service.url);
  const writer = service.client("writer");
  await writer.write({ message: "before" });
  const interruptions: string[] = [];
  await using follower = collect(
    at(proxy.url, service),
    {},
    {
      onInterruption: ({ code }) => interruptions.push(code),
    },
  );
  await expect.poll(() => followers(service)).toBe(1);
  proxy.cut();
  await writer.write({ message: "one" });
  await expect.poll(() => follower.seen).toEqual(["one"]);
  proxy.cut();
  await writer.write([{ message: "two" }, { message: "three" }]);
  await expect.poll(() => follower.seen).toEqual(["one", "two", "three"]);
  expect(interruptions).toEqual(["NLC_UNREACHABLE", "NLC_UNREACHABLE"]);
});

test("a connection that is silent for longer than heartbeats let it be is given up", async () => {
  await using service = await startTestService();
  await using proxy = await startProxy(service.url);
  const writer = service.client("writer");
  await writer.write({ message: "before" });
  const interruptions: string[] = [];
  await using follower = collect(
    // What was frozen may be asked once more.
    at(proxy.url, service, 2_000),
    {},
    {
      silenceMs: 500,
      onInterruption: ({ code }) => interruptions.push(code),
    },
  );
  await expect.poll(() => followers(service)).toBe(1);
  proxy.freeze();
  await writer.write({ message: "one" });
  await expect.poll(() => follower.seen).toEqual(["one"]);
  expect(interruptions).toContain("NLC_TIMEOUT");
});

test("a position goes on where an earlier following ended", async () => {
  await using service = await startTestService();
  const writer = service.client("writer");
  await writer.write([{ message: "one" }, { message: "two" }, { message: "three" }]);
  const reader = service.client("reader");
  const { position: start } = await reader.search({ limit: 1 });
  await writer.write([{ message: "four" }, { message: "five" }]);
  await using first = collect(reader, {}, { after: start });
  await expect.poll(() => first.seen).toEqual(["four", "five"]);
  await using second = collect(reader, {}, { after: first.positions[0] ?? "" });
  await expect.poll(() => second.seen).toEqual(["five"]);
});

test("a position goes on with what does not match", async () => {
  await using service = await startTestService();
  const writer = service.client("writer");
  await writer.write({ message: "before" });
  const end = new AbortController();
  const following = service.client("reader").follow({ q: "never" }, { signal: end.signal });
  const done = (async () => {
    for await (const { message } of following) expect(message).toBe("never sent");
  })();
  await expect.poll(() => followers(service)).toBe(1);
  const start = following.position;
  await writer.write({ message: "something else" });
  await expect.poll(() => following.position).not.toBe(start);
  end.abort();
  await done;
});

test.each([
  ["a key that may not read", "writer", {}, "", { status: 403, code: "NL_FORBIDDEN_ROLE" }],
  ["a query with a mistake", "reader", { q: "level:(" }, "", { code: "NL_QUERY_INVALID" }],
  ["a position that is none", "reader", {}, "nowhere!", { status: 400 }],
])("%s ends it with the service's reason", async (_case, key, params, after, expected) => {
  await using service = await startTestService();
  await service.client("writer").write({ message: "before" });
  const options = after === "" ? {} : { after };
  const { done } = collect(service.client(key), params, options);
  await expect(done).rejects.toMatchObject(expected);
});

/** A stream by hand: its first connection says `first`, the next ones `rest`. */
const streaming = (first: string, rest: string) =>
  startServer(({ url }, response) => {
    if (!url.startsWith("/api/logs/stream")) return json(response, 200, PAGE);
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(`retry: 10\n\n${streams++ === 0 ? first : rest}`);
    return undefined;
  });
let streams = 0;

const event = (id: string) => `id: ${id}\ndata: {"id":"${id}","message":"${id}"}\n\n`;
const DROPPED = 'event: dropped\ndata: {"reason":"slow","events":7}\n\n';
const RETAINED = 'event: dropped\ndata: {"reason":"retention","records":null}\n\n';

test("what was dropped is told, with how much", async () => {
  streams = 0;
  await using server = await streaming(`${event("a")}${DROPPED}${RETAINED}${event("b")}`, "");
  const dropped: Dropped[] = [];
  await using follower = collect(
    new NeuralLogClient({ url: server.url }),
    {},
    {
      onDropped: (what) => dropped.push(what),
    },
  );
  await expect.poll(() => follower.seen).toEqual(["a", "b"]);
  expect(dropped).toEqual([
    { reason: "slow", records: 7 },
    { reason: "retention", records: undefined },
  ]);
});

test("a follower that catches up goes back for what was dropped", async () => {
  streams = 0;
  await using server = await streaming(`${event("a")}${DROPPED}${event("c")}`, event("b"));
  const dropped: Dropped[] = [];
  await using follower = collect(
    new NeuralLogClient({ url: server.url }),
    {},
    {
      catchUp: true,
      onDropped: (what) => dropped.push(what),
    },
  );
  await expect.poll(() => follower.seen).toEqual(["a", "b"]);
  expect(server.seen.map(({ headers }) => headers["last-event-id"])).toEqual([undefined, "p", "a"]);
  expect(dropped).toEqual([]);
});

test.each([
  [503, true],
  [400, false],
])("an error of status %i in the stream is gone on after: %s", async (status, goesOn) => {
  streams = 0;
  const failure = `event: error\ndata: {"status":${status},"code":"NL_X","message":"m"}\n\n`;
  await using server = await streaming(`${event("a")}${failure}`, event("b"));
  const client = new NeuralLogClient({ url: server.url });
  if (goesOn) {
    await using follower = collect(client);
    await expect.poll(() => follower.seen).toEqual(["a", "b"]);
  } else {
    await expect(collect(client).done).rejects.toMatchObject({ status, code: "NL_X" });
  }
});

test("a stream that is no log service's ends it, and says so", async () => {
  streams = 0;
  await using server = await streaming("data: tick\n\n", "");
  await expect(collect(new NeuralLogClient({ url: server.url })).done).rejects.toMatchObject({
    code: "NLC_NOT_NEURALLOG",
  });
});
