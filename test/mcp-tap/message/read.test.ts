import { createHash } from "node:crypto";

import fc from "fast-check";
import { expect, test } from "vitest";

import { readMessages } from "../../../apps/mcp-tap/src/message/read.ts";

const raw = (text: string | Buffer) => {
  const bytes = Buffer.from(text);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { bytes, size: bytes.length, isWhole: true, sha256, at: 0 };
};
const read = (text: string) => readMessages(raw(text));

test.each([
  ['{"jsonrpc":"2.0","id":1,"method":"x"}', "request", []],
  ['{"jsonrpc":"2.0","method":"x"}', "notification", []],
  ['{"jsonrpc":"2.0","id":1,"result":{}}', "response", []],
  ['{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"m"}}', "error", []],
  ['{"id":1,"method":"x"}', "request", ['jsonrpc is not "2.0"']],
  ['{"jsonrpc":"2.0","id":{},"method":"x"}', "request", ["id is neither a number nor a text"]],
  ['{"jsonrpc":"2.0"}', "invalid", ["neither a method, nor a result, nor an error"]],
  ["7", "invalid", ["no JSON-RPC message"]],
  ["[]", "invalid", ["an empty batch"]],
  ["{", "invalid", ["not JSON"]],
])("%s is %s", (text, kind, oddities) => {
  expect(read(text)).toMatchObject([{ kind, oddities, text }]);
});

test("a tool that failed by itself is an answer with an error", () => {
  const text =
    '{"jsonrpc":"2.0","id":1,"result":{"isError":true,"content":[{"type":"text","text":"no"}]}}';
  expect(read(text)).toMatchObject([{ kind: "response", error: { code: "tool", message: "no" } }]);
});

test("each member of a batch has its own text, character by character", () => {
  const members = ['{"jsonrpc":"2.0","id":1,"method":"a, ]"}', ' {"id" : 1.0}'];
  expect(read(`[ ${members.join(",")} ]`).map(({ text }) => text)).toEqual(
    members.map((member) => member.trim()),
  );
});

test("attack: a batch of a hundred thousand is read, and recorded as few", () => {
  const batch = `[${Array.from({ length: 100_000 }, () => "1").join(",")}]`;
  const messages = read(batch);
  expect([messages.length, messages.at(-1)?.oddities]).toEqual([
    201,
    ["99800 more members of the batch, recorded as one"],
  ]);
});

test("attack: nesting without end is no more than a long message", () => {
  expect(read("[".repeat(500_000))).toMatchObject([{ kind: "invalid" }]);
  expect(read(`${"[".repeat(500_000)}${"]".repeat(500_000)}`)[0]?.kind).toBe("invalid");
});

test("property: whatever comes is something, and its texts are of what came", () => {
  const call = fc.record({ jsonrpc: fc.constant("2.0"), id: fc.jsonValue(), method: fc.string() });
  const text = fc.oneof(
    fc.string(),
    fc.json(),
    fc.oneof(call, fc.array(call)).map((value) => JSON.stringify(value, null, 2)),
  );
  fc.assert(
    fc.property(text, (sent) => {
      const messages = read(sent);
      expect(messages.length).toBeGreaterThan(0);
      for (const message of messages) expect(sent.toWellFormed()).toContain(message.text);
    }),
  );
});
