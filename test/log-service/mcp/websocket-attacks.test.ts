import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { MCP_LIMITS } from "../../../apps/log-service/src/limits.ts";
import { startTestService, type TestService } from "../http/support.ts";
import { RawSocket, type RawOptions } from "./raw-socket.ts";

let service: TestService;
beforeAll(async () => {
  service = await startTestService({
    env: { NEURALLOG_MCP_WS_PORT: "0", NEURALLOG_PUBLIC_HOSTS: "acme.logs.example" },
  });
});
afterAll(() => service.stop());

const LIST = { jsonrpc: "2.0", id: "list", method: "tools/list" };

const knock = (key: string | undefined, options?: RawOptions, path = "") =>
  new RawSocket(`${service.socketUrl}${path}`, key, options);
const enter = () => knock(service.key("admin")).open();

describe("the handshake", () => {
  test("attack: who has no key, or a wrong one, is refused before there is a WebSocket", async () => {
    expect(await knock(undefined).refused()).toBe(401);
    expect(await knock("nlk_wrong").refused()).toBe(401);
  });

  test("attack: a key in the address is none", async () => {
    const path = `/mcp?key=${service.key("admin")}`;
    expect(await knock(undefined, {}, path).refused()).toBe(401);
  });

  test("attack: a stranger's page, and one that gives our address a name of its own, are refused", async () => {
    const key = service.key("admin");
    for (const headers of [
      { origin: "https://evil.example" },
      { origin: "null" },
      { host: "evil.example" },
      { host: "acme.logs.example.evil.example" },
    ]) {
      expect([headers, await knock(key, { headers }).refused()]).toEqual([headers, 403]);
    }
  });

  test("takes the names that it goes by, in Host and Origin", async () => {
    const headers = { host: "acme.logs.example", origin: "https://acme.logs.example" };
    await using socket = await knock(service.key("admin"), { headers }, "/mcp").open();
    socket.send(LIST);
    await expect.poll(() => socket.answerTo("list")?.result).toBeDefined();
  });

  test("needs the subprotocol mcp", async () => {
    expect(await knock(service.key("admin"), { protocols: [] }).refused()).toBe(400);
    expect(await knock(service.key("admin"), { protocols: ["graphql"] }).refused()).toBe(400);
  });

  test("takes a page's key beside the subprotocol, and does not say it again", async () => {
    const bearer = `neurallog.bearer.${Buffer.from(service.key("admin")).toString("base64url")}`;
    await using socket = await knock(undefined, { protocols: ["mcp", bearer] }).open();
    expect(socket.socket.protocol).toBe("mcp");
    socket.call(1, "logger_log", { component: "page", level: "INFO", message: "hello" });
    await expect.poll(() => socket.answerTo(1)?.result?.["isError"]).toBe(undefined);
  });

  test("answers only at its paths, and says what it is to a plain request", async () => {
    expect(await knock(service.key("admin"), {}, "/loki/api/v1/tail").refused()).toBe(404);
    const plain = await fetch(service.socketUrl.replace("ws:", "http:"));
    expect(plain.status).toBe(426);
  });
});

describe("a connection", () => {
  test.each([
    ["what is no JSON", "{{{", null, -32_700],
    ["a batch", JSON.stringify([LIST]), null, -32_600],
    ["a message that is a number", "1", null, -32_600],
    ["an id that is an object", '{"jsonrpc":"2.0","id":{},"method":"tools/list"}', null, -32_600],
    ["an id that is null", '{"jsonrpc":"2.0","id":null,"method":"tools/list"}', null, -32_600],
    ["an id that is half a number", '{"jsonrpc":"2.0","id":1.5,"method":"x"}', null, -32_600],
    ["an unknown method", '{"jsonrpc":"2.0","id":7,"method":"tools/destroy"}', 7, -32_601],
    [
      "an unknown tool",
      '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"x"}}',
      7,
      -32_602,
    ],
    ["another version of JSON-RPC", '{"jsonrpc":"1.0","id":7,"method":"tools/list"}', 7, -32_600],
    ["ten thousand arrays inside each other", "[".repeat(1e4) + "]".repeat(1e4), null, -32_600],
  ])(
    "attack: %s is answered with an error, and the next message too",
    async (_case, text, id, code) => {
      await using socket = await enter();
      socket.send(text);
      socket.send(LIST);
      await expect.poll(() => socket.answerTo(id)?.error?.code).toBe(code);
      await expect.poll(() => socket.answerTo("list")?.result).toBeDefined();
    },
  );

  test("attack: a record nested ten thousand deep is rejected, and the next one is stored", async () => {
    await using socket = await enter();
    const log = (id: number, data: string) =>
      socket.send(
        `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"logger_log","arguments":{"component":"a","level":"INFO","message":"deep","data":${data}}}}`,
      );
    log(1, "{}");
    await expect.poll(() => socket.answerTo(1)).toBeDefined();
    log(2, '{"a":'.repeat(1e4) + "1" + "}".repeat(1e4));
    log(3, '{"a":1}');
    await expect.poll(() => socket.answerTo(3)?.result?.["structuredContent"]).toBeDefined();
    expect(JSON.stringify(socket.answerTo(2))).toContain("NL_RECORD_TOO_DEEP");
  });

  test("attack: a huge frame ends its connection, and nobody else's", async () => {
    await using other = await enter();
    await using socket = await enter();
    socket.send(`"${"x".repeat(MCP_LIMITS.messageBytes)}"`);
    await expect.poll(() => socket.closed).toBe(1009);
    other.send(LIST);
    await expect.poll(() => other.answerTo("list")?.result).toBeDefined();
  });

  test("attack: binary frames end it", async () => {
    await using socket = await enter();
    socket.socket.send(Buffer.from(JSON.stringify(LIST)));
    await expect.poll(() => socket.closed).toBe(1003);
  });

  test("attack: an id that is under way is not taken again", async () => {
    await using socket = await enter();
    socket.call("twice", "neurallog.follow", { wait_seconds: 1 });
    socket.send({ ...LIST, id: "twice" });
    await expect.poll(() => socket.answers.length).toBe(2);
    const [refused, waited] = socket.answers;
    expect(refused).toMatchObject({ id: "twice", error: { code: -32_600 } });
    expect(waited).toMatchObject({ id: "twice", result: { structuredContent: { records: [] } } });
  });

  test("attack: a flood of calls that nobody waits for is answered call by call", async () => {
    await using socket = await enter();
    const calls = 8 * MCP_LIMITS.socketInFlight;
    for (let n = 0; n < calls; n += 1) {
      socket.call(n, "logger_log", { component: "flood", level: "DEBUG", message: `flood ${n}` });
    }
    await expect.poll(() => socket.answers.length).toBe(calls);
    const ids = socket.answers.map(({ result }) => JSON.stringify(result?.["structuredContent"]));
    expect(new Set(ids).size).toBe(calls);
  });

  test("attack: a flood of questions that are cancelled at once leaves others their answers", async () => {
    await using other = await enter();
    await using socket = await enter();
    for (let n = 0; n < 500; n += 1) {
      socket.call(n, "neurallog.search", { q: "anything" });
      const params = { requestId: n };
      socket.send({ jsonrpc: "2.0", method: "notifications/cancelled", params });
    }
    other.send(LIST);
    await expect.poll(() => other.answerTo("list")?.result).toBeDefined();
    socket.send(LIST);
    await expect.poll(() => socket.answerTo("list")?.result).toBeDefined();
  });

  test("attack: a client that asks and does not read is not read either, and misses nothing", async () => {
    await using socket = await enter();
    socket.socket.pause();
    const calls = 400;
    const params = { _meta: { pad: "x".repeat(64 * 1024) } };
    for (let n = 0; n < calls; n += 1) socket.send({ ...LIST, id: n, params });
    let left = socket.socket.bufferedAmount;
    // What it sends waits on its own side once ours has as much as it may hold.
    await expect
      .poll(
        () => {
          const before = left;
          left = socket.socket.bufferedAmount;
          return left > 0 && left === before;
        },
        { interval: 200 },
      )
      .toBe(true);
    socket.socket.resume();
    await expect.poll(() => socket.answers.length).toBe(calls);
  });
});

test("at shutdown what is under way is answered, and the client told", async () => {
  const passing = await startTestService({ env: { NEURALLOG_MCP_WS_PORT: "0" } });
  await using socket = await new RawSocket(passing.socketUrl, passing.key("admin")).open();
  socket.call(1, "neurallog.follow", { wait_seconds: 1 });
  socket.send(LIST);
  await expect.poll(() => socket.answerTo("list")).toBeDefined();
  await passing.stop();
  await expect.poll(() => socket.closed).toBe(1001);
  expect(socket.answerTo(1)?.result).toBeDefined();
});
