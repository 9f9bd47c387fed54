import { createHash } from "node:crypto";
import { appendFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import type { ExportManifest } from "../../apps/client/src/index.ts";
import type { Api } from "../../tools/cluster/api/api.ts";
import { runProgram } from "../../tools/process.ts";
import { root as project } from "../../tools/root.ts";
import { listApplications, refresh, until } from "./applications.ts";
import { generated, push, type ScaleRepository } from "./repository.ts";

export interface Removed {
  /** From the command until namespaces and volumes were gone. */
  readonly seconds: number;
  /** After the record's deletion was pushed too. */
  readonly applications: number;
}

/** A whole life's end, as docs/offboard.md has it: retiring, an export, the command, the record deleted. */
export async function removeOne(
  api: Api,
  repository: ScaleRepository,
  tenant: string,
): Promise<Removed> {
  const { root, bare } = repository;
  const record = join(root, `tenants/${tenant}.yaml`);
  const today = new Date().toISOString().slice(0, 10);
  appendFileSync(record, `\nstate: retiring\nretireAfter: "${today}"\n`);
  generated(root);
  const commit = push(repository, `Retire ${tenant}`);
  await refresh(api, tenant);
  await until("the retiring tenant is Synced", 10, 200, async () => {
    const rows = await listApplications(api);
    const row = rows.find(({ name }) => name === `tenant-${tenant}`);
    return row?.sync === "Synced" && row.revision === commit;
  });
  const started = performance.now();
  const command = ["--export", writeExport(root, tenant), "--approve", tenant];
  const who = ["--as", "bench@example.com", "--as-group", "neurallog-platform"];
  const program = join(project, "operate/cli/offboard.ts");
  const where = ["--root", root, "--remote", bare];
  const args = [program, ...where, tenant, ...command, ...who];
  const { code, stderr, stdout } = await runProgram(process.execPath, args);
  if (code !== 0) throw new Error(`offboard: ${stdout}${stderr}`);
  const seconds = (performance.now() - started) / 1000;
  rmSync(record);
  generated(root);
  push(repository, `Delete ${tenant}`);
  const rows = await listApplications(api);
  return { seconds, applications: rows.length };
}

/** Fake pods log nothing: the export of a service that holds no record. */
function writeExport(folder: string, tenant: string): string {
  const name = `${tenant}.ndjson.gz`;
  const file = join(folder, ".neurallog", name);
  const bytes = gzipSync("");
  const manifest: ExportManifest = {
    format: 1,
    tenant,
    // Begun after the closing that the cluster has just seen.
    taken: new Date(Date.now() + 120_000).toISOString(),
    service: { version: "0.1.0" },
    file: name,
    compression: "gzip",
    bytes: bytes.length,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    records: 0,
    namespaces: [],
  };
  writeFileSync(file, bytes);
  writeFileSync(`${file}.manifest.json`, JSON.stringify(manifest));
  return file;
}
