import { createPostgresReader } from "../../../../apps/log-service/src/archive/postgres/reader.ts";
import { createPostgresWriter } from "../../../../apps/log-service/src/archive/postgres/writer.ts";
import { describeArchive } from "../conformance.ts";
import { describeConditions } from "../conformance/conditions.ts";
import { describeReading } from "../conformance/reading.ts";
import type { ArchiveUnderTest } from "../conformance/subject.ts";
import { startSite, type Site } from "./site.ts";

let site: Site;

const postgres = (fullText: boolean): ArchiveUnderTest => ({
  start: async () => {
    site = await startSite();
  },
  empty: async () => {
    const { owner, writer, reader } = await site.database();
    const open = { writer, owner, fullText };
    return {
      reader: createPostgresReader(reader),
      writer: createPostgresWriter(open),
      another: () => createPostgresWriter(open),
    };
  },
  stop: () => site.stop(),
});

describeArchive("PostgreSQL", postgres(true));
// Only questions depend on it.
describeArchive("PostgreSQL without full text", postgres(false), [
  describeReading,
  describeConditions,
]);
