import { afterAll, beforeAll, expect, it } from "vitest";

import type { ArchiveQuery, Condition } from "../../../../apps/log-service/src/archive/port.ts";
import { isSelective } from "../../../../apps/log-service/src/archive/postgres/condition.ts";
import { createPostgresReader } from "../../../../apps/log-service/src/archive/postgres/reader.ts";
import { gathered, inOrder } from "../../../../apps/log-service/src/archive/postgres/select.ts";
import { archivable, commit, DAY, NOW, place, query, WEEK } from "../samples.ts";
import { connectAs, openSite, startSite, type OpenSite, type Site } from "./site.ts";

const ROWS = 60_000;

let site: Site;
let open: OpenSite;
beforeAll(async () => {
  site = await startSite();
  open = await openSite(site);
  const records = Array.from({ length: ROWS }, (_, index) =>
    archivable({
      ms: NOW - 5 * DAY + index * 5_000,
      received: NOW - 5 * DAY + Math.floor(index / (ROWS / 5)) * DAY,
      level: index % 500 === 0 ? 4 : 2,
      source: index % 10_000 === 0 ? "rare" : `source${index % 5}`,
      traceId: `trace${index >> 2}`,
      message: `request ${index} of ${index % 1_000 === 7 ? "seldom" : "often"} done`,
      metadata: `{"n":${index},"kind":"k${index % 3}"}`,
    }),
  );
  await open.hold.move([commit(1, 1, records)]);
  await site.postgres.query("ANALYZE neurallog.logs", open.addresses);
});
afterAll(async () => {
  await open.close();
  await site.stop();
});

/** The plan as text, as the reader's own connections make it: for what is prepared, that for any values. */
async function planOf(fields: Partial<ArchiveQuery>): Promise<string> {
  const asked = query({ limit: 100, order: "desc", ...fields });
  const { name, text, values, settings } = isSelective(asked)
    ? gathered(asked)
    : inOrder(asked, false);
  const client = await connectAs(open.addresses.reader);
  try {
    await client.query("SET random_page_cost = 1.1");
    for (const [setting, value] of Object.entries(settings ?? {})) {
      await client.query(`SET ${setting} = ${value}`);
    }
    const plan = await client.query(
      name === undefined
        ? { text: `EXPLAIN ${text}`, values: [...(values ?? [])], rowMode: "array" }
        : { text: `EXPLAIN (GENERIC_PLAN) ${text}`, rowMode: "array" },
    );
    return plan.rows.map(([line]) => String(line)).join("\n");
  } finally {
    await client.end();
  }
}

const cases: [what: string, fields: Partial<ArchiveQuery>, index: RegExp][] = [
  ["the newest records", {}, /Merge Append[^]*created_ns_id_idx/],
  ["a page behind a record", { behind: { ms: NOW, nanos: 0, id: "1" } }, /created_ns_id_idx/],
  [
    "a trace",
    { condition: { kind: "is", field: "trace_id", values: ["trace77"] } },
    /trace_id_idx/,
  ],
  [
    "a trace within all of a lane",
    {
      condition: { kind: "is", field: "trace_id", values: ["trace77"] },
      within: [[place(1, 0).slice(0, 2), place(1, 9)]],
    },
    /trace_id_idx/,
  ],
  ["an id", { condition: { kind: "is", field: "id", values: ["111110211"] } }, /_id_idx/],
  ["a range of ids", { within: [["111110211", "111110212"]] }, /_id_idx/],
  ["a word", { condition: { kind: "word", text: "seldom", isPrefix: false } }, /_words/],
  ["a word's beginning", { condition: { kind: "word", text: "seld", isPrefix: true } }, /_words/],
  [
    "a value of the metadata",
    { condition: { kind: "metadata", path: ["n"], value: 77 } },
    /data_idx/,
  ],
  [
    "a rare component",
    { condition: { kind: "is", field: "source", values: ["rare"] } },
    /component_created_ns_idx/,
  ],
  [
    "the newest within what a cursor names",
    {
      within: Array.from({ length: 64 }, (_, lane) => [place(lane, 0).slice(0, 2), place(lane, 9)]),
    },
    /Merge Append[^]*created_ns_id_idx/,
  ],
  // The second index on these columns: that of warnings and worse.
  ["errors", { condition: { kind: "level", levels: [4, 5] } }, /created_ns_id_idx1/],
];

it.each(cases)(
  "finds %s by an index, in no case by reading a whole day",
  async (_, fields, index) => {
    const plan = await planOf(fields);
    expect(plan).toMatch(index);
    // A table without rows is read as a whole with as much right.
    expect(plan).not.toMatch(/Seq Scan on logs_202601(?:0[5-9])/);
  },
);

it("makes one plan for all traces, however many lanes there are", () => {
  const lookUp = (trace: string, lanes: number) =>
    gathered(
      query({
        condition: { kind: "is", field: "trace_id", values: [trace] },
        within: Array.from({ length: lanes }, (_, lane) => [place(lane, 0), place(lane, 9)]),
      }),
    );
  const [one, other] = [lookUp("trace1", 1), lookUp("trace2", 64)];
  expect(one.name).toMatch(/^look_up_/);
  expect([other.name, other.text]).toEqual([one.name, one.text]);
});

it("goes through the index of metadata once for all that a value may mean", async () => {
  const meanings = ["77", 77].map((value): Condition => ({ kind: "metadata", path: ["n"], value }));
  const plan = await planOf({ condition: { kind: "any", of: meanings } });
  expect(plan.match(/Index Scan on logs_20260107_data_idx/g)).toHaveLength(1);
});

it("leaves nothing in the indexes of days that are over for searches to go through", async () => {
  const pending = async (): Promise<number> => {
    await site.postgres.query("CREATE EXTENSION IF NOT EXISTS pgstattuple", open.addresses);
    const [row] = await site.postgres.query(
      `SELECT sum((pgstatginindex(c.oid)).pending_tuples) AS pending FROM pg_class c
        JOIN pg_am a ON a.oid = c.relam WHERE a.amname = 'gin' AND c.relkind = 'i'`,
      open.addresses,
    );
    return Number(row?.["pending"]);
  };
  expect(await pending()).toBeGreaterThan(0);
  await open.hold.tend(WEEK, NOW + 2 * DAY);
  expect(await pending()).toBe(0);
});

it("looks for times of receiving only in the tables of those days", async () => {
  const condition: Condition = { kind: "received", fromMs: NOW - 3 * DAY, toMs: NOW - 2 * DAY };
  const plan = await planOf({ condition });
  expect(plan).toContain("logs_20260107");
  expect(plan).not.toContain("logs_20260105");
});

it("finds the newest of very many that match by going through the records in order", async () => {
  const often: Condition = { kind: "word", text: "often", isPrefix: false };
  const page = await open.reader.read(query({ condition: often, order: "desc", limit: 10 }));
  expect(page.more).toBe(true);
  expect(page.records.map(({ record }) => record.message)).toEqual(
    Array.from({ length: 10 }, (_, index) => `request ${ROWS - 1 - index} of often done`),
  );
});

it("sorts in the memory that the server grants a connection, and asks for no more", async () => {
  const role = "ALTER ROLE neurallog_reader";
  await site.postgres.query(`${role} SET work_mem = '64kB'; ${role} SET log_temp_files = 0`);
  const often: Condition = { kind: "word", text: "often", isPrefix: false };
  // A role's settings count for connections that come after them.
  const reader = createPostgresReader(open.addresses.reader);
  try {
    await reader.read(query({ condition: often, order: "desc", limit: 10 }));
  } finally {
    await reader.close();
  }
  expect(site.postgres.log()).toContain("temporary file");
});
