import { expect, test } from "vitest";

import { Pending } from "../../../apps/mcp-tap/src/exchange/pending.ts";

const asked = (method: string) => ({ method, tool: undefined, traceId: undefined, at: 0 });

test("an answer belongs to the request of its connection, direction and id, and to that alone", () => {
  const pending = new Pending();
  pending.ask("a", "to-server", 1, asked("number"));
  pending.ask("a", "to-server", "1", asked("text"));
  pending.ask("b", "to-server", 1, asked("other connection"));
  pending.ask("a", "to-client", 1, asked("of the server"));
  expect(pending.answer("a", "to-client", 1)?.method).toBe("number");
  expect(pending.answer("a", "to-client", "1")?.method).toBe("text");
  expect(pending.answer("b", "to-client", 1)?.method).toBe("other connection");
  expect(pending.answer("a", "to-server", 1)?.method).toBe("of the server");
  expect(pending.answer("a", "to-client", 1)).toBeUndefined();
});

test("a request of an id that still waits is told", () => {
  const pending = new Pending();
  expect(pending.ask("a", "to-server", null, asked("x"))).toBe(false);
  expect(pending.ask("a", "to-server", null, asked("y"))).toBe(true);
});

test("progress is found by its token until the answer is there", () => {
  const pending = new Pending();
  pending.ask("a", "to-server", 1, { ...asked("x"), progressToken: "p" });
  expect(pending.find("a", "p")?.method).toBe("x");
  pending.answer("a", "to-client", 1);
  expect([pending.find("a", "p"), pending.size]).toEqual([undefined, 0]);
});

test("attack: requests that nobody answers take bounded room", () => {
  const pending = new Pending(10);
  for (let id = 0; id < 1_000; id += 1)
    pending.ask("a", "to-server", id, { ...asked("x"), progressToken: `p${id}` });
  expect(pending.size).toBe(10);
});
