import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { startTestService, type TestService } from "../http/support.ts";
import { connectSocket, GENERATIONS } from "./support.ts";

let service: TestService;
beforeAll(async () => {
  service = await startTestService({ env: { NEURALLOG_MCP_WS_PORT: "0" } });
});
afterAll(() => service.stop());

describe.each(GENERATIONS)("over a WebSocket, an official client of %s", (generation) => {
  const connect = (key: string) => connectSocket(generation, service.socketUrl, service.key(key));

  test("finds the tools that there are over HTTP", async () => {
    await using client = await connect("admin");
    expect((await client.tools()).map(({ name }) => name)).toContain("logger_log");
  });

  test("logs, many at once, and finds each again", async () => {
    await using client = await connect("admin");
    const message = (n: number) => `over ${generation} number ${n}`;
    const calls = Array.from({ length: 100 }, (_, n) =>
      client.call("logger_log", {
        component: "socket",
        level: "INFO",
        message: message(n),
        data: { n },
      }),
    );
    const ids = (await Promise.all(calls)).map(({ output, isError }) => [isError, output["id"]]);
    expect(new Set(ids.map(String)).size).toBe(100);
    const { output } = await client.call("logger_query", {
      search: `over ${generation}`,
      limit: 1000,
    });
    expect(output["logs"]).toHaveLength(100);
    expect(output["logs"]).toContainEqual(
      expect.objectContaining({ message: message(7), data: { n: 7 }, component: "socket" }),
    );
  });

  test("hears what is wrong with a call that would take the express lane", async () => {
    await using client = await connect("writer");
    const log = (input: object) => client.call("logger_log", { ...input });
    expect(await log({ component: "c", level: "INFO", message: "m" })).toMatchObject({
      isError: false,
    });
    const answer = await log({ component: "c", level: "LOUD", message: "m" });
    expect(answer).toMatchObject({ isError: true });
    expect(answer.text).toContain("level: is one of ERROR, WARN, INFO, DEBUG, TRACE, or FATAL");
  });

  test("may do what its key may, and no more", async () => {
    await using client = await connect("writer");
    expect(await client.call("logger_query")).toMatchObject({ isError: true });
    await using reader = await connect("reader");
    const written = await reader.call("logger_log", {
      component: "c",
      level: "INFO",
      message: "m",
    });
    expect(written.text).toContain("NL_FORBIDDEN_ROLE");
  });
});
