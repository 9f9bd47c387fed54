import { createPostgresReader } from "../../../../apps/log-service/src/archive/postgres/reader.ts";
import { createPostgresWriter } from "../../../../apps/log-service/src/archive/postgres/writer.ts";
import { describeArchive } from "../conformance.ts";
import { startSite, type Site } from "./site.ts";

let site: Site;

for (const fullText of [true, false]) {
  describeArchive(`PostgreSQL, full text ${fullText ? "on" : "off"},`, {
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
}
