import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { pino } from "pino";
import { expect } from "vitest";
import { z } from "zod";

import { MemoryArchive } from "../../../apps/log-service/src/archive/memory/memory-archive.ts";
import { readMcpConfig } from "../../../apps/log-service/src/config/mcp.ts";
import { startMcp } from "../../../apps/log-service/src/roles/mcp.ts";
import { startTestService, type TestService } from "../http/support.ts";
import { connectHttp, type TestMcpClient } from "./support.ts";

/** What the tools run on: the log service itself, or one that an endpoint reaches over HTTP. */
export const APIS = ["direct", "remote"] as const;
export type Api = (typeof APIS)[number];

/** Where a client finds `/mcp`, with the tools on this API. */
export async function openDoor(
  api: Api,
  service: TestService,
): Promise<{ readonly url: string } & AsyncDisposable> {
  if (api === "direct") {
    return { url: `${service.url}/mcp`, [Symbol.asyncDispose]: async () => undefined };
  }
  const config = readMcpConfig({
    NEURALLOG_URL: service.url,
    NEURALLOG_PORT: "0",
    NEURALLOG_OPS_PORT: "0",
  });
  const role = await startMcp(config, pino({ level: "silent" }));
  return {
    url: `http://127.0.0.1:${role.port}/mcp`,
    [Symbol.asyncDispose]: () => role.stop(),
  };
}

const entries = z.object({
  logs: z.array(z.looseObject({ id: z.string(), message: z.string(), level: z.string() })),
  truncated: z.boolean(),
  nextCursor: z.string().nullable(),
});
type Entries = z.infer<typeof entries>;

/** A service with an archive and redaction, and an administrator's client of its tools. */
export interface LoggerSite {
  readonly service: TestService;
  readonly archive: MemoryArchive;
  readonly client: TestMcpClient;
  /** A client with the key of this name. */
  connect(key: string): Promise<TestMcpClient>;
  /** A resource's text. */
  read(uri: string): Promise<string>;
  query(input: Record<string, unknown>, tool?: string): Promise<Entries>;
  messages(input: Record<string, unknown>): Promise<string[]>;
  stop(): Promise<void>;
}

export async function startLoggerSite(api: Api): Promise<LoggerSite> {
  // What was begun ends also where a later part does not come about.
  await using begun = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), "neurallog-redaction-"));
  begun.defer(() => rmSync(folder, { recursive: true }));
  const redaction = join(folder, "redaction.json");
  writeFileSync(redaction, JSON.stringify({ fields: ["password"] }));
  const archive = new MemoryArchive();
  const service = await startTestService({
    archive,
    env: { NEURALLOG_REDACTION_FILE: redaction },
    keys: [
      ...["writer", "reader", "admin"].map((role) => ({ name: role, role })),
      { name: "payments", role: "admin", namespaces: ["payments"] },
    ],
  });
  begun.defer(() => service.stop());
  const door = begun.use(await openDoor(api, service));
  const connect = (key: string) => connectHttp("2026-07-28", door.url, service.key(key));
  const client = begun.use(await connect("admin"));
  const query = async (input: Record<string, unknown>, tool = "dewey_query_logs") => {
    const { output, isError, text } = await client.call(tool, input);
    expect([isError, text]).toEqual([false, text]);
    return entries.parse(output);
  };
  const site = begun.move();
  return {
    service,
    archive,
    client,
    connect,
    read: client.read,
    query,
    messages: async (input) => (await query(input)).logs.map(({ message }) => message),
    stop: () => site.disposeAsync(),
  };
}
