import { readFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { root } from "../../../tools/root.ts";
import { startTestService, type TestService } from "../../log-service/http/support.ts";
import { runModule } from "./support.ts";

const page = readFileSync(join(root, "docs/client-typescript.md"), "utf8");
const examples = [...page.matchAll(/^```js\n([^]*?)^```$/gm)].map(([, text = ""]) => text);

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

/** What each example of the page leaves in the service, in the page's order. */
const found = [
  [
    { source: "checkout", message: "payment taken", metadata: { order: 42, ms: 12.5 } },
    { level: "WARN", metadata: { request: "r-17", user: { id: 7, password: "[REDACTED]" } } },
    {
      level: "ERROR",
      trace_id: "0af7651916cd43dd8448eb211c80319c",
      metadata: { err: { message: "card declined", cause: "E_CARD" } },
    },
  ],
  [
    {
      message: "paid with [REDACTED]",
      metadata: { customer_email: "[REDACTED]", x_rate: "[REDACTED]" },
    },
  ],
  [{ message: "in a trace", span_id: "b7ad6b7169203331" }],
  [
    {
      source: "orders",
      level: "WARN",
      message: "payment took 3 s",
      metadata: { order: 42, region: "eu" },
    },
  ],
  [{ source: "billing", level: "WARN", message: "invoice is late" }],
];

test("the page has the examples that are tried here", () => {
  expect(examples).toHaveLength(found.length);
});

test.each(examples.map((text, at) => [at + 1, text] as const))(
  "example %i of the page does what it says",
  async (number, text) => {
    const reader = service.client("reader");
    const { position } = await reader.search({ limit: 1 });
    const { code, stderr } = await runModule(text, {
      NEURALLOG_URL: service.url,
      NEURALLOG_KEY: service.key("writer"),
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const { records } = await reader.search({ after: position, order: "asc" });
    expect(records).toMatchObject(found[number - 1] ?? []);
  },
);
