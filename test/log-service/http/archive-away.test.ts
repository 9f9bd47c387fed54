import { NeuralLogClient } from "@neurallog/client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { MemoryArchive } from "../../../apps/log-service/src/archive/memory/memory-archive.ts";
import { run } from "../../cli/run.ts";
import { sampleRecord } from "../record/sample.ts";
import { startTestService, type TestService } from "./support.ts";

let archive: MemoryArchive;
let service: TestService;

beforeEach(async () => {
  archive = new MemoryArchive();
  service = await startTestService({ archive });
  await archive.writer().storeDirectly("default", [sampleRecord({ message: "archived" })]);
  await service
    .client("writer")
    .write([{ message: "hot", metadata: { trace: 1 }, trace_id: "t1" }]);
});
afterEach(() => service.stop());

const WARNING = { code: "NL_ARCHIVE_UNAVAILABLE", message: expect.any(String) };

describe("an archive behind the log service", () => {
  it("is searched, counted and exported with the store", async () => {
    const client = service.client("reader");
    const { records, warnings } = await client.search({ order: "asc" });
    expect(new Set(records.map(({ message }) => message))).toEqual(new Set(["archived", "hot"]));
    expect(warnings).toBeUndefined();
    expect(await client.count()).toMatchObject({ count: 2 });
    const exported: string[] = [];
    for await (const { message } of client.export()) exported.push(message);
    expect(exported.toSorted()).toEqual(["archived", "hot"]);
    expect(await client.namespaces()).toMatchObject([
      { name: "default", records: 1, archived: { records: 1 } },
    ]);
    const settings = { url: service.url, key: service.key("reader") };
    expect((await run(["namespaces"], settings)).out).toMatch(/ARCHIVED\ndefault .* 1\n$/);
  });

  it("stores a batch once under a key of its caller's, and another one of the same records beside it", async () => {
    const writer = service.client("writer");
    const batch = [{ message: "direct" }];
    const named = { idempotencyKey: "mine" };
    const { ids } = await writer.archive(batch, named);
    expect(await writer.archive(batch, named)).toEqual({ ids });
    expect((await writer.archive(batch)).ids).not.toEqual(ids);
    expect((await service.client("admin").archive(batch, named)).ids).not.toEqual(ids);
    expect(await service.client("reader").count({ q: "direct" })).toMatchObject({ count: 3 });
    await expect(writer.archive([...batch, ...batch], named)).rejects.toMatchObject({
      status: 422,
      code: "NL_IDEMPOTENCY_MISMATCH",
    });
    await expect(writer.archive(batch, { idempotencyKey: "two words" })).rejects.toMatchObject({
      code: "NL_IDEMPOTENCY_KEY",
    });
  });

  it("says in every answer that it is missing while it is away", async () => {
    archive.goAway();
    const client = service.client("reader");
    const [page] = (await client.search()).records;
    const answers: readonly object[] = [
      await client.search(),
      await client.count(),
      await client.histogram(),
      await client.facets(),
      await client.values({ field: "source" }),
      await client.patterns(),
      await client.trace({ trace_id: "t1" }),
      await client.context({ id: page?.id ?? "" }),
      await client.aggregate({ q: "* | stats count()" }),
    ];
    for (const answer of answers) expect(answer).toMatchObject({ warnings: [WARNING] });
  });

  it("shows on stderr of the command line, and to no write", async () => {
    archive.goAway();
    const settings = { url: service.url, key: service.key("reader") };
    for (const words of [["search"], ["count"], ["search", "--query", "* | stats count()"]]) {
      const { exit, out, err } = await run(words, settings);
      expect([words, exit, err]).toEqual([
        words,
        0,
        expect.stringContaining("NL_ARCHIVE_UNAVAILABLE"),
      ]);
      expect(out).not.toContain("NL_ARCHIVE_UNAVAILABLE");
    }
    const all = await run(["search", "--all"], settings);
    expect([all.exit, all.err]).toEqual([3, expect.stringContaining("--cursor")]);
    expect(await service.client("writer").write([{ message: "more" }])).toMatchObject({
      accepted: 1,
    });
  });

  it("is waited for by an export, which is everything or an error", async () => {
    archive.goAway();
    const key = service.key("reader");
    const impatient = new NeuralLogClient({ url: service.url, key, retries: 0 });
    await expect(impatient.export().next()).rejects.toMatchObject({
      code: "NL_ARCHIVE_UNAVAILABLE",
      retryAfterMs: 2_000,
    });
    const exporting = run(["export"], { url: service.url, key });
    archive.comeBack();
    const { exit, out, err } = await exporting;
    // It still counts as away for a moment.
    expect(err).toContain("trying again");
    expect([exit, out.trimEnd().split("\n")]).toMatchObject([0, { length: 2 }]);
  });
});
