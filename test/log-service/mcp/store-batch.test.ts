import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { startTestService } from "../http/support.ts";
import { APIS, openDoor, startLoggerSite, type LoggerSite } from "./logger-site.ts";
import { connectHttp } from "./support.ts";

const TRACE = "8f14e45f-ceea-4671-a6bb-1d2c9e8b7a60";

describe.each(APIS)("on the %s API,", (api) => {
  let site: LoggerSite;
  let service: LoggerSite["service"];
  let client: LoggerSite["client"];
  let connect: LoggerSite["connect"];
  let query: LoggerSite["query"];
  let messages: LoggerSite["messages"];
  beforeAll(async () => {
    site = await startLoggerSite(api);
    ({ service, client, connect, query, messages } = site);
  });
  afterAll(() => site.stop());

  describe("dewey_store_logs_batch", () => {
    const store = (logs: readonly object[], more: object = {}) =>
      client.call("dewey_store_logs_batch", { logs: [...logs], ...more });
    const entry = (n: number) => ({ component: "batch", level: "INFO", message: `batched ${n}` });

    test("stores a thousand at once, which searches find at once", async () => {
      const logs = Array.from({ length: 1_000 }, (_, n) => ({
        ...entry(n),
        trace_id: TRACE.replace("8f", "00"),
      }));
      const { output, isError } = await store(logs);
      expect(isError).toBe(false);
      expect(output).toMatchObject({ stored: 1_000, ids: expect.any(Array) });
      const count = await client.call("neurallog.count", { q: "source:batch" });
      expect(count.output).toMatchObject({ count: 1_000 });
      const { logs: found } = await query({ component: "batch", limit: 1_000 });
      expect(found).toHaveLength(1_000);
    });

    test("attack: a batch of 1,001 is refused, and nothing of it stored", async () => {
      const answer = await store(
        Array.from({ length: 1_001 }, () => ({ ...entry(0), component: "over" })),
      );
      expect(answer).toMatchObject({ isError: true });
      expect(answer.text).toContain("logs: has at most 1000 entries");
      expect(await messages({ component: "over" })).toEqual([]);
    });

    test("attack: an empty batch is refused", async () => {
      expect(await store([])).toMatchObject({ isError: true });
    });

    test("one entry that is not valid keeps all out, and is named", async () => {
      const bad = { ...entry(1), component: "half", data: { a: "x".repeat(70_000) } };
      const answer = await store([{ ...entry(0), component: "half" }, bad]);
      expect(answer.isError).toBe(true);
      expect(answer.text).toContain("1: NL_RECORD_TOO_LARGE");
      expect(await messages({ component: "half" })).toEqual([]);
    });

    test.each([
      ["logs.0.created_at", { created_at: "soon" }],
      ["logs.0.trace_id", { trace_id: "x" }],
      ["logs.0.level", { level: "LOUD" }],
      ["logs.0.component", { component: "" }],
    ])("a wrong %s is named", async (field, wrong) => {
      const { isError, text } = await store([{ ...entry(0), ...wrong }]);
      expect(isError).toBe(true);
      expect(text).toContain(field);
    });

    test("an entry may have an id of its own, which finds it", async () => {
      const id = "8f14e45f-ceea-4671-a6bb-1d2c9e8b7a61";
      const own = { ...entry(0), component: "own-id", id, data: { n: 1 } };
      expect(await store([own, { ...entry(1), component: "own-id", id: null }])).toMatchObject({
        isError: false,
      });
      const { logs } = await query({ data: { entry_id: id } });
      expect(logs).toMatchObject([{ component: "own-id", data: { n: 1, entry_id: id } }]);
      expect(logs[0]?.id).not.toBe(id);
    });

    test("a batch whose entries all have ids is stored once, however often it is sent", async () => {
      const logs = [1, 2].map((n) => ({
        ...entry(n),
        component: "again",
        id: `8f14e45f-ceea-4671-a6bb-1d2c9e8b7a7${n}`,
      }));
      const first = await store(logs);
      expect(await store(logs)).toEqual(first);
      expect((await query({ component: "again" })).logs).toHaveLength(2);
      // Of others nobody knows whether they are the same.
      const nameless = logs.map((log) => ({ ...log, id: null }));
      await store(nameless);
      await store(nameless);
      expect((await query({ component: "again" })).logs).toHaveLength(6);
    });

    test.each([
      ["is no UUID", { id: "7" }, "logs.0.id"],
      ["would be lost", { id: TRACE, data: { entry_id: 1 } }, "is kept as data.entry_id"],
    ])("an entry's id that %s is refused by its name", async (_case, wrong, problem) => {
      const { isError, text } = await store([{ ...entry(0), ...wrong }]);
      expect([isError, text]).toEqual([true, expect.stringContaining(problem)]);
    });

    test("takes out what is to be redacted, before it is stored", async () => {
      await store([
        { ...entry(0), component: "secret", data: { password: "hunter2", user: "ada" } },
      ]);
      const { logs } = await query({ component: "secret" });
      expect(JSON.stringify(logs)).not.toContain("hunter2");
    });

    test("attack: it keeps to the key's role and namespaces, as every write does", async () => {
      await using reader = await connect("reader");
      const refused = await reader.call("dewey_store_logs_batch", { logs: [entry(0)] });
      expect(refused.text).toContain("NL_FORBIDDEN_ROLE");
      await using payments = await connect("payments");
      for (const namespace of ["default", "audit"]) {
        const elsewhere = await payments.call("dewey_store_logs_batch", {
          logs: [entry(0)],
          namespace,
        });
        expect(elsewhere.text).toContain("NL_FORBIDDEN_NAMESPACE");
      }
      const own = await payments.call("dewey_store_logs_batch", {
        logs: [{ ...entry(0), component: "own" }],
      });
      expect(own).toMatchObject({ isError: false });
      expect((await query({ component: "own" })).logs).toMatchObject([{ namespace: "payments" }]);
    });

    test("says that the tenant has no archive where it has none", async () => {
      await using plain = await startTestService();
      await using door = await openDoor(api, plain);
      await using other = await connectHttp("2025-11-25", door.url, plain.key("admin"));
      const answer = await other.call("dewey_store_logs_batch", { logs: [entry(0)] });
      expect(answer.isError).toBe(true);
      expect(answer.text).toContain("NL_ARCHIVE_OFF: The tenant has no archive");
    });
  });

  describe("the route for batches", () => {
    const post = (body: unknown, query_ = "") =>
      service.call("writer", `/api/logs/archive${query_}`, {
        method: "POST",
        body: JSON.stringify(body),
        headers: { "content-type": "application/json", "x-trace-id": "shipped" },
      });

    test("stores in the archive, with the request's trace", async () => {
      const { status, body } = await post(
        [{ message: "by route", source: "route" }],
        "?namespace=ship",
      );
      expect([status, body]).toEqual([200, { ids: [expect.any(String)] }]);
      const { records } = await service.client("reader").search({ source: "route" });
      expect(records).toMatchObject([{ trace_id: "shipped", namespace: "ship" }]);
    });

    test("refuses a batch of which one record is not valid or goes elsewhere", async () => {
      const mixed = await post([
        { message: "a", source: "mix" },
        { message: "b", level: 99 },
      ]);
      expect(mixed).toMatchObject({ status: 400, body: { error: { code: "NL_BATCH_REJECTED" } } });
      const elsewhere = await post([{ message: "a", source: "mix", namespace: "other" }]);
      expect(elsewhere).toMatchObject({
        status: 400,
        body: { error: { code: "NL_BATCH_REJECTED" } },
      });
      expect((await service.client("reader").search({ source: "mix" })).records).toEqual([]);
    });

    test("attack: a batch of 1,001 is refused", async () => {
      const { status, body } = await post(Array.from({ length: 1_001 }, () => ({ message: "m" })));
      expect([status, body]).toMatchObject([413, { error: { code: "NL_BATCH_TOO_LONG" } }]);
    });
  });
});
