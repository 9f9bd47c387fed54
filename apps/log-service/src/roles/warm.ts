type Load = () => Promise<unknown>;

const ARCHIVE: readonly Load[] = [
  () => import("../archive/postgres/reader.ts"),
  () => import("../archive/postgres/writer.ts"),
  () => import("../archive/mover/mover.ts"),
  () => import("../query/engine/archive/desk.ts"),
  () => import("../query/engine/archive/join.ts"),
];

const MCP: readonly Load[] = [
  () => import("../mcp/handler.ts"),
  () => import("../mcp/websocket/open.ts"),
];

const SERVE: readonly Load[] = [
  () => import("./run-serve.ts"),
  () => import("./query-thread.ts"),
  () => import("./work-thread.ts"),
  () => import("../http/loki/tail-socket.ts"),
  () => import("../http/loki/upgrade.ts"),
  () => import("../http/openapi.ts"),
  () => import("../ingest/elasticsearch/read-bulk.ts"),
  () => import("../ingest/fields/read-objects.ts"),
  () => import("../ingest/gelf/read-gelf.ts"),
  () => import("../ingest/lines/read-lines.ts"),
  () => import("../ingest/loki/read-json.ts"),
  () => import("../ingest/loki/read-protobuf.ts"),
  () => import("../ingest/otlp/generated/otlp.js"),
  () => import("../logql/answer.ts"),
  () => import("../logql/live.ts"),
  () => import("../syslog/start.ts"),
  ...MCP,
];

const ROLES: Readonly<Record<string, readonly Load[]>> = {
  serve: SERVE,
  work: [() => import("./run-work.ts")],
  mcp: [() => import("./run-mcp.ts"), ...MCP],
};

/**
 * Loads the modules of a role, those too that it loads when somebody first asks for what they do, so that Node's
 * cache has them: the first module that is not there loads what takes types out of it, some 30 MB that stay.
 */
export async function warm(role = ""): Promise<void> {
  const hasArchive = role !== "mcp" && (process.env["NEURALLOG_ARCHIVE_URL"] ?? "") !== "";
  for (const load of [...(ROLES[role] ?? []), ...(hasArchive ? ARCHIVE : [])]) await load();
}
