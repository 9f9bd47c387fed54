import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";

import { ARCHIVED_QUERY_LIMITS } from "../../../apps/log-service/src/archive/limits.ts";
import { APIS, startLoggerSite, type LoggerSite } from "./logger-site.ts";

/** Hot and archived records are told of as one, whichever way the tools reach the log service. */
describe.each(APIS)("on the %s API,", (api) => {
  let site: LoggerSite;
  beforeAll(async () => {
    site = await startLoggerSite(api);
    const hot = ["2026-03-02", "2026-03-03"].map((day) => ({
      component: "relay",
      level: "WARN",
      message: "hot",
      created_at: `${day}T00:00:00.000Z`,
    }));
    for (const one of hot) await site.client.call("logger_log", one);
    const archived = ["2026-03-01", "2026-03-04", "2026-03-02"].map((day) => ({
      component: "gates",
      level: "FATAL",
      message: "archived",
      created_at: `${day}T00:00:00.000Z`,
    }));
    await site.client.call("dewey_store_logs_batch", { logs: archived });
    const old = { component: "old", level: "INFO", message: "gone", created_at: "2025-01-01" };
    await site.client.call("dewey_store_logs_batch", { logs: [old], namespace: "attic" });
  });
  afterAll(() => site.stop());

  const sizes = z.looseObject({
    database_size_bytes: z.int(),
    hot_size_bytes: z.int().positive(),
    archive_size_bytes: z.int().positive(),
  });

  test("dewey_get_log_stats counts each record once, from the oldest to the newest", async () => {
    const { output } = await site.client.call("dewey_get_log_stats");
    expect(output).toMatchObject({
      total: 6,
      components: [
        { component: "gates", count: 3 },
        { component: "relay", count: 2 },
        { component: "old", count: 1 },
      ],
      levels: { ERROR: 3, WARN: 2, INFO: 1, DEBUG: 0, TRACE: 0 },
      oldest: "2025-01-01T00:00:00Z",
      newest: "2026-03-04T00:00:00.000Z",
      truncated: false,
    });
    const { hot_size_bytes, archive_size_bytes, database_size_bytes } = sizes.parse(output);
    expect(database_size_bytes).toBe(hot_size_bytes + archive_size_bytes);
  });

  test("dewey_get_log_stats says null for the size of an archive that is away", async () => {
    const { client, archive } = site;
    archive.goAway();
    try {
      // Nobody asks the archive more often than twice a second what it takes.
      await expect
        .poll(async () => (await client.call("dewey_get_log_stats")).output)
        .toMatchObject({ archive_size_bytes: null, total: 2, warnings: [{}] });
    } finally {
      archive.comeBack();
    }
  });

  test("a namespace that only the archive holds is there, with its times and its shape", async () => {
    const waits = { timeout: 3 * ARCHIVED_QUERY_LIMITS.statsMs };
    const hint = async () =>
      (await site.client.call("neurallog.search", { namespace: "attic", q: "nothing" })).output[
        "hint"
      ];
    await expect
      .poll(hint, waits)
      .toContain("attic has 1 record from 2025-01-01T00:00:00.000Z to 2025-01-01T00");
    const { output } = await site.client.call("neurallog.namespaces");
    expect(output["namespaces"]).toContainEqual(
      expect.objectContaining({
        name: "attic",
        records: 0,
        archived: expect.objectContaining({ records: 1 }),
      }),
    );
    await expect
      .poll(() => site.read("neurallog://namespaces/attic"), waits)
      .toContain("Namespace attic: 1 records, from 2025-01-01T00:00:00.000Z to 2025-01-01T00");
  });
});
