import { request } from "node:http";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { MCP_LIMITS } from "../../../apps/log-service/src/limits.ts";
import { ask, startTestService, type TestService } from "../http/support.ts";
import { connectHttp, GENERATIONS } from "./support.ts";

let service: TestService;
beforeAll(async () => {
  service = await startTestService({ env: { NEURALLOG_PUBLIC_HOSTS: "acme.logs.example" } });
});
afterAll(() => service.stop());

const LIST = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list", params: {} });
const HEADERS = {
  "content-type": "application/json",
  accept: "application/json, text/event-stream",
  "mcp-protocol-version": "2025-11-25",
};

const send = (body: string | Buffer<ArrayBuffer>, headers: Readonly<Record<string, string>> = {}) =>
  service.call("admin", "/mcp", { method: "POST", body, headers: { ...HEADERS, ...headers } });

/** fetch sets Host by itself; attackers' browsers do too, but for a name of their own. */
function statusFor(headers: Readonly<Record<string, string>>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const authorization = `Bearer ${service.key("admin")}`;
    const call = request(
      `${service.url}/mcp`,
      { method: "POST", headers: { ...HEADERS, authorization, ...headers } },
      (response) => {
        response.resume();
        response.on("end", () => resolve(response.statusCode));
      },
    );
    call.on("error", reject);
    call.end(LIST);
  });
}

describe("the MCP door", () => {
  test.each(GENERATIONS)(
    "attack: lets a client of %s without a valid key no further",
    async (generation) => {
      for (const key of [undefined, "nlk_wrong"]) {
        await expect(connectHttp(generation, `${service.url}/mcp`, key)).rejects.toThrow(
          /NL_UNAUTHENTICATED|HTTP 401/,
        );
      }
    },
  );

  test("attack: a page that gives our address a name of its own is refused", async () => {
    expect(await statusFor({ host: "evil.example" })).toBe(403);
    expect(await statusFor({ host: "acme.logs.example.evil.example" })).toBe(403);
    expect(await statusFor({ origin: "https://evil.example" })).toBe(403);
    expect(await statusFor({ origin: "null" })).toBe(403);
  });

  test("answers by the names that it goes by", async () => {
    expect(await statusFor({})).toBe(200);
    expect(await statusFor({ host: "acme.logs.example" })).toBe(200);
    expect(await statusFor({ host: "localhost:1234" })).toBe(200);
    expect(await statusFor({ origin: "https://acme.logs.example" })).toBe(200);
  });

  test("has no sessions: GET and DELETE are refused", async () => {
    for (const method of ["GET", "DELETE"]) {
      expect(await service.call("admin", "/mcp", { method, headers: HEADERS })).toMatchObject({
        status: 405,
      });
    }
  });

  test.each([
    ["no JSON", "{"],
    ["an empty body", ""],
    ["a number", "1"],
    ["an empty batch", "[]"],
    ["an unknown method", '{"jsonrpc":"2.0","id":1,"method":"tools/destroy"}'],
    ["an id that is an object", '{"jsonrpc":"2.0","id":{},"method":"tools/list"}'],
    ["ten thousand arrays inside each other", "[".repeat(10_000) + "]".repeat(10_000)],
    [
      "a record nested ten thousand deep",
      `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"neurallog.log","arguments":{"records":[{"message":"a","metadata":${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}}]}}}`,
    ],
    [
      "a prototype",
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"neurallog.log","arguments":{"__proto__":{"records":[{"message":"a"}]}}}}',
    ],
  ])("attack: %s is answered with an error and harms nobody", async (_case, body) => {
    const answer = await send(body);
    expect(answer.status).toBeLessThan(500);
    expect(JSON.stringify(answer.body)).toMatch(/error\W|isError\W+true/);
    expect(await send(LIST)).toMatchObject({ status: 200 });
  });

  test.each([
    ["in a text", Buffer.from(LIST.replace("tools/list", "tools/l\u00efst"), "latin1")],
    ["behind the message", Buffer.concat([Buffer.from(LIST), Buffer.from([0xc3])])],
    [
      "in what would be cleared",
      Buffer.from(
        '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"dewey_clear_logs","arguments":{"component":"caf\u00e9"}}}',
        "latin1",
      ),
    ],
  ])(
    "attack: bytes %s that are not UTF-8 are no JSON, and not read as others",
    async (_case, body) => {
      expect(await send(body)).toMatchObject({ status: 400, body: { error: { code: -32_700 } } });
      expect(await send(LIST)).toMatchObject({ status: 200 });
    },
  );

  test("attack: a message beyond the limit is refused", async () => {
    const answer = await send(`"${"x".repeat(MCP_LIMITS.messageBytes)}"`);
    expect(answer.status).toBe(413);
  });

  test("attack: metadata named __proto__ changes no prototype", async () => {
    const call = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"neurallog.log","arguments":{"records":[{"message":"proto","metadata":{"__proto__":{"polluted":1},"a":1}}]}}}`;
    await send(call);
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
    const { records } = await service.client("reader").search({ text: "proto" });
    for (const record of records) {
      expect(Object.getPrototypeOf(record.metadata ?? {})).toBe(Object.prototype);
    }
  });

  test("other routes do not take what the MCP door takes", async () => {
    const answer = await ask(`${service.url}/health/live`, {
      method: "POST",
      body: LIST,
      headers: HEADERS,
    });
    expect(answer.status).toBe(405);
  });
});
