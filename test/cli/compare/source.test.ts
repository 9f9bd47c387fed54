import { expect, test } from "vitest";

import { sourceOf, wordsOf } from "../../../apps/cli/src/compare/source.ts";

test.each([
  ["http://h/mcp", { kind: "http", url: "http://h/mcp" }],
  ["wss://h", { kind: "websocket", url: "wss://h" }],
  ["trace:a,b", { kind: "trace", traceIds: ["a", "b"] }],
  ["query:source:gates level:TRACE", { kind: "query", query: "source:gates level:TRACE" }],
  ["file:x.jsonl", { kind: "file", path: "x.jsonl" }],
  ["node server.ts --flag", { kind: "command", words: ["node", "server.ts", "--flag"] }],
])("%s is read as what it is", (text, source) => {
  expect(sourceOf(text)).toEqual(source);
});

test("words are split as a shell splits them, and nothing of them is run", () => {
  expect(wordsOf(`a 'b c' "d \\"e\\"" f\\ g '' $(h)`)).toEqual([
    "a",
    "b c",
    'd "e"',
    "f g",
    "",
    "$(h)",
  ]);
});

test.each(["", "   ", "trace:", "'open", "http://["])("%j is refused with what to do", (text) => {
  expect(() => sourceOf(text)).toThrow(/empty|needs an id|quote|address/);
});
