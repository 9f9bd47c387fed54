import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { APIS, startLoggerSite, type LoggerSite } from "./logger-site.ts";

describe.each(APIS)("on the %s API,", (api) => {
  let site: LoggerSite;
  let service: LoggerSite["service"];
  let archive: LoggerSite["archive"];
  let client: LoggerSite["client"];
  let connect: LoggerSite["connect"];
  let messages: LoggerSite["messages"];
  beforeAll(async () => {
    site = await startLoggerSite(api);
    ({ service, archive, client, connect, messages } = site);
  });
  afterAll(() => site.stop());

  describe("what administrators do", () => {
    test("logger_clear takes out what is older than seven days, hot and archived, unless told otherwise", async () => {
      const old = new Date(Date.now() - 8 * 86_400_000).toISOString();
      const log = { component: "dusty", level: "INFO", message: "old", created_at: old };
      await client.call("logger_log", log);
      await client.call("logger_log", { ...log, message: "new", created_at: null });
      await client.call("dewey_store_logs_batch", { logs: [{ ...log, message: "old archived" }] });
      const answer = await client.call("logger_clear", { component: "dusty" });
      expect(answer.output).toMatchObject({ cleared: 2, namespaces: ["default"] });
      expect(await messages({ component: "dusty" })).toEqual(["new"]);
    });

    test("dewey_clear_logs clears exactly a level, FATAL with ERROR, up to a time", async () => {
      for (const level of ["DEBUG", "INFO", "ERROR", "FATAL"]) {
        await client.call("logger_log", { component: "picky", level, message: level });
      }
      const before_time = new Date(Date.now() + 60_000).toISOString();
      const picky = { component: "picky", before_time };
      await client.call("dewey_clear_logs", { ...picky, level: "DEBUG" });
      expect((await messages({ component: "picky" })).sort()).toEqual(["ERROR", "FATAL", "INFO"]);
      await client.call("dewey_clear_logs", { ...picky, level: "ERROR" });
      expect(await messages({ component: "picky" })).toEqual(["INFO"]);
    });

    test("attack: clearing and levels need an administrator, who is written down", async () => {
      await using writer = await connect("writer");
      for (const [tool, input] of [
        ["logger_clear", {}],
        ["dewey_clear_logs", {}],
        ["logger_set_level", { component: "a", level: "DEBUG" }],
      ] as const) {
        const { isError, text } = await writer.call(tool, input);
        expect([tool, isError]).toEqual([tool, true]);
        expect(text).toContain("NL_FORBIDDEN_ROLE");
      }
      await client.call("logger_clear", { component: "nobody" });
      const { records } = await service.client("admin").search({ namespace: "audit" });
      const told = records.map(({ message }) => message);
      expect(told).toContain("admin did logs.clear");
      // What was refused at the door stands there by its route.
      expect(told.join("\n")).toMatch(/writer could not do (logs\.clear|POST \/api\/admin\/clear)/);
    });

    test("attack: an administrator of one namespace clears no other", async () => {
      await using payments = await connect("payments");
      const answer = await payments.call("logger_clear", { namespace: "default" });
      expect(answer.text).toContain("NL_FORBIDDEN_NAMESPACE");
    });

    test("logger_set_level reaches programs, FATAL as ERROR", async () => {
      const set = await client.call("logger_set_level", { component: "relay", level: "TRACE" });
      expect(set.output).toMatchObject({ component: "relay", level: "TRACE", namespace: "*" });
      const { body } = await service.call("writer", "/api/levels");
      expect(body).toMatchObject({ levels: [{ source: "relay", namespace: "*", level: "TRACE" }] });
      const fatal = await client.call("logger_set_level", { component: "relay", level: "FATAL" });
      expect(fatal.output).toMatchObject({ level: "ERROR" });
    });
  });

  test("without a namespace, clearing takes what the key itself would have written", async () => {
    await using payments = await connect("payments");
    const log = { component: "both", level: "INFO", message: "m" };
    await client.call("logger_log", log);
    await payments.call("logger_log", log);
    const before_time = new Date(Date.now() + 60_000).toISOString();
    const answer = await payments.call("dewey_clear_logs", { component: "both", before_time });
    expect(answer.output).toEqual({ cleared: 1, before_time, namespaces: ["payments"] });
    expect((await site.query({ component: "both" })).logs).toMatchObject([
      { namespace: "default" },
    ]);
  });

  test("answers say what they lack while the archive is away", async () => {
    archive.goAway();
    try {
      const query_ = await client.call("dewey_query_logs", { component: "relay" });
      expect(query_).toMatchObject({
        isError: false,
        output: { warnings: [{ code: "NL_ARCHIVE_UNAVAILABLE" }] },
      });
      expect(query_.text).toContain("Warning: NL_ARCHIVE_UNAVAILABLE");
      const stats = await client.call("dewey_get_log_stats");
      expect(stats).toMatchObject({ isError: false, output: { warnings: [{}] } });
      const stored = await client.call("dewey_store_logs_batch", {
        logs: [{ component: "a", level: "INFO", message: "m" }],
      });
      expect(stored.text).toContain("NL_ARCHIVE_UNAVAILABLE");
    } finally {
      archive.comeBack();
    }
  });
});
