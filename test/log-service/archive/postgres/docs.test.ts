import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, it } from "vitest";

import { root } from "../../../../tools/root.ts";
import { archivable, commit, NOW } from "../samples.ts";
import { connectAs, openSite, startSite } from "./site.ts";

it("answers the questions in SQL that the documentation asks, as the reader", async () => {
  const page = readFileSync(join(root, "docs/archive.md"), "utf8");
  const asked = [...page.matchAll(/^```sql\n([^]*?)^```/gm)]
    .flatMap(([, block = ""]) => block.split(";\n"))
    .map((statement) => statement.trim())
    .filter((statement) => statement.startsWith("SELECT"));
  expect(asked.length).toBeGreaterThan(4);
  await using site = await startSite();
  const open = await openSite(site);
  const record = archivable({
    level: 4,
    source: "relay",
    traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
    message: "Connection refused",
    metadata: '{"user":{"id":42}}',
    ms: Date.now(),
    received: NOW,
  });
  await open.hold.move([commit(1, 1, [record, { ...record, level: 99 }])]);
  const client = await connectAs(open.addresses.reader);
  for (const statement of asked) {
    expect((await client.query(statement)).rows).not.toEqual([]);
  }
  await client.end();
  await open.close();
});
