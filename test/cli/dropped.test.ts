import { createServer } from "node:http";
import { expect, it } from "vitest";
import { end, start } from "./run.ts";

const PAGE = { records: [], next_cursor: null, truncated: false, scanned: {}, position: "p" };
const record = (id: string) =>
  `id: ${id}\ndata: ${JSON.stringify({ id, timestamp: "2026-01-01T00:00:00Z", level: "INFO", message: id })}\n\n`;
const dropped = (what: object) => `event: dropped\ndata: ${JSON.stringify(what)}\n\n`;

it("neurallog tail into a pipe goes back for what came too fast, and says what is gone", async () => {
  const asked: unknown[] = [];
  const server = createServer(({ url, headers }, response) => {
    if (!url?.startsWith("/api/logs/stream")) {
      response.end(JSON.stringify(PAGE));
      return;
    }
    asked.push(headers["last-event-id"]);
    response.writeHead(200, { "content-type": "text/event-stream" });
    const first = `${record("one")}${dropped({ reason: "slow", events: 3 })}${record("five")}`;
    const rest = `${dropped({ reason: "retention", records: 1_234 })}${record("four")}`;
    response.write(asked.length === 1 ? first : rest);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    const child = start(["tail"], { url: `http://127.0.0.1:${port}` });
    const ended = end(child);
    let out = "";
    child.stdout?.on("data", (text) => (out += String(text)));
    await expect.poll(() => out).toContain("four");
    child.kill("SIGINT");
    const { exit, err } = await ended;
    expect({ exit, messages: out.match(/one|four|five/g) }).toEqual({
      exit: 0,
      messages: ["one", "four"],
    });
    expect(err).toBe(
      "neurallog: 1,234 records were taken by retention before they could be shown\n",
    );
    expect(asked).toEqual(["p", "one"]);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
