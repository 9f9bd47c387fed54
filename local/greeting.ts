import { relative } from "node:path";

import type { Plan } from "../generator/plan/plan.ts";
import { root } from "../tools/root.ts";
import type { ArchiveAddress } from "./archive.ts";
import type { Options } from "./options.ts";
import type { Ports } from "./ports.ts";
import type { State } from "./state.ts";

/** What a newcomer sees once everything runs. */
export function greeting(
  options: Options,
  plan: Plan,
  ports: Ports,
  key: string,
  state: State,
  archive: ArchiveAddress | undefined,
): string {
  const address = `http://127.0.0.1:${ports.http}`;
  const neurallog = commandLine(options, address, key);
  const days = Math.floor((plan.archive?.retentionSeconds ?? 0) / 86_400);
  const further = [
    ...(ports.syslog === undefined ? [] : [`syslog    127.0.0.1:${ports.syslog}`]),
    ...(ports.mcpSocket === undefined
      ? []
      : [`MCP       ws://127.0.0.1:${ports.mcpSocket}/mcp, and ${address}/mcp`]),
    ...(archive === undefined ? [] : [`archive   ${archive.words}, keeps ${days} days`]),
  ];
  return `
Tenant ${options.tenant} (${plan.displayName}) runs.

  address   ${address}
  API key   ${key}
  health    http://127.0.0.1:${ports.ops}/health/ready and /metrics
${further.map((line) => `  ${line}\n`).join("")}  state     ${near(state.folder)} (logs, keys, settings; delete it to begin anew)

Try next, in another terminal:

  ${neurallog} log "hello from me" --source trial
  ${neurallog} search hello
  curl -s -H "Authorization: Bearer ${key}" "${address}/api/logs?limit=5"

Ctrl-C stops it; what was logged is kept.
`;
}

function commandLine({ tenant, state }: Options, address: string, key: string): string {
  const command = "npm run -s neurallog --";
  // The command line knows the default state folder; for another one it is told all.
  if (state !== `${root}/.neurallog`) {
    return `NEURALLOG_URL=${address} NEURALLOG_KEY=${key} ${command}`;
  }
  return tenant === "acme" ? command : `${command} --tenant ${tenant}`;
}

function near(folder: string): string {
  const path = relative(root, folder);
  return path.startsWith("..") ? folder : path;
}
