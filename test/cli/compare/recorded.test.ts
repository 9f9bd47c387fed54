import { expect, test } from "vitest";

import { listRecorded } from "../../../apps/cli/src/compare/recorded/list.ts";

/** What the tap records of messages; `at` counts microseconds. */
function recording() {
  const records: object[] = [];
  const add = (
    channel: { readonly connection: string; readonly [name: string]: unknown },
    direction: "to-server" | "to-client",
    facts: { readonly kind: string; readonly method: string; readonly id: unknown },
    body: object,
  ) => {
    const at = String(records.length).padStart(6, "0");
    records.push({
      timestamp: `2026-11-22T10:00:00.${at}Z`,
      message: `a line for people\n${JSON.stringify({ jsonrpc: "2.0", id: facts.id, ...body })}`,
      metadata: { ...channel, direction, ...facts, sha256: at },
    });
  };
  const ask = (
    channel: { readonly connection: string; readonly [name: string]: unknown },
    id: unknown,
    cursor?: string,
  ) =>
    add(
      channel,
      "to-server",
      { kind: "request", method: "tools/list", id },
      { params: { cursor } },
    );
  const answer = (
    channel: { readonly connection: string; readonly [name: string]: unknown },
    id: unknown,
    tool: string,
    nextCursor?: string,
  ) =>
    add(
      channel,
      "to-client",
      { kind: "response", method: "tools/list", id },
      { result: { tools: [{ name: tool }], nextCursor } },
    );
  return { records, add, ask, answer };
}

const stdio = { connection: "stdio", transport: "stdio" };
const session = (name: string) => ({ connection: name, session: name, transport: "http" });
/** Over HTTP without a session each exchange is a connection of its own. */
const exchange = (name: string) => ({ connection: name, transport: "http" });

const toolsOf = async (records: readonly object[]) => (await listRecorded(records, "test")).tools;

test("an answer of the client with the id of its own request does not take that request's place", async () => {
  const { records, add, ask, answer } = recording();
  ask(stdio, 1);
  answer(stdio, 1, "a", "next");
  ask(stdio, 2, "next");
  // The server counts its requests for itself.
  add(stdio, "to-client", { kind: "request", method: "roots/list", id: 2 }, {});
  add(stdio, "to-server", { kind: "response", method: "roots/list", id: 2 }, { result: {} });
  answer(stdio, 2, "b");
  expect(await toolsOf(records)).toEqual([{ name: "a" }, { name: "b" }]);
});

test("pages of two sessions that list at the same time are told apart", async () => {
  const { records, ask, answer } = recording();
  const [one, two] = [session("one"), session("two")];
  ask(one, 1);
  answer(one, 1, "one's first", "next");
  ask(two, 1);
  answer(two, 1, "two's first", "next");
  ask(two, 2, "next");
  answer(two, 2, "two's second");
  ask(one, 2, "next");
  answer(one, 2, "one's second");
  expect(await toolsOf(records)).toEqual([{ name: "one's first" }, { name: "one's second" }]);
});

test("pages over HTTP without a session are put together by their cursors", async () => {
  const { records, ask, answer } = recording();
  for (const [at, cursor] of [undefined, "1", "2"].entries()) {
    ask(exchange(`x${at}`), at, cursor);
    answer(exchange(`x${at}`), at, `tool ${at}`, at < 2 ? String(at + 1) : undefined);
  }
  expect(await toolsOf(records)).toHaveLength(3);
});

test("a list that has only begun does not hide the last one that is complete", async () => {
  const { records, ask, answer } = recording();
  ask(stdio, 1);
  answer(stdio, 1, "a");
  ask(stdio, 2);
  answer(stdio, 2, "b", "next");
  expect(await toolsOf(records)).toEqual([{ name: "a" }]);
});

test("a list that was asked for again on the same connection is the newer one's pages alone", async () => {
  const { records, ask, answer } = recording();
  for (const [at, names] of [
    ["a", "b"],
    ["c", "d"],
  ].entries()) {
    const [first = "", second = ""] = names;
    ask(stdio, 2 * at);
    answer(stdio, 2 * at, first, "next");
    ask(stdio, 2 * at + 1, "next");
    answer(stdio, 2 * at + 1, second);
  }
  expect(await toolsOf(records)).toEqual([{ name: "c" }, { name: "d" }]);
});

test("the server's name is that of the session that listed", async () => {
  const { records, add, ask, answer } = recording();
  const hello = (name: string, serverInfo: object) =>
    add(
      session(name),
      "to-client",
      { kind: "response", method: "initialize", id: 0 },
      { result: { protocolVersion: "2025-11-25", serverInfo } },
    );
  hello("one", { name: "dewey", version: "1" });
  hello("two", { name: "gates", version: "2" });
  ask(session("one"), 1);
  answer(session("one"), 1, "a");
  expect((await listRecorded(records, "test")).server).toBe("dewey 1");
});

test("a cursor that comes again is said, as of a live server", async () => {
  const { records, ask, answer } = recording();
  ask(stdio, 1);
  answer(stdio, 1, "a", "again");
  ask(stdio, 2, "again");
  answer(stdio, 2, "a", "again");
  expect((await listRecorded(records, "test")).problems).toEqual([
    "nextCursor comes again after page 2: clients never end",
  ]);
});

test("records that end before the list does are no list", async () => {
  const { records, ask, answer } = recording();
  ask(stdio, 1);
  answer(stdio, 1, "a", "next");
  await expect(toolsOf(records)).rejects.toThrow(/the records end before the list does/);
});

test("records are read in the order of their times, however they were found", async () => {
  const { records, ask, answer } = recording();
  ask(stdio, 1);
  answer(stdio, 1, "a", "next");
  ask(stdio, 2, "next");
  answer(stdio, 2, "b");
  expect(await toolsOf(records.toReversed())).toEqual([{ name: "a" }, { name: "b" }]);
});
