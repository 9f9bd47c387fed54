import { z } from "zod";

import { freePort, HEALTH_STEP, isFree, isOurs } from "../tools/port.ts";
import { ToolError } from "../tools/say.ts";
import { readJson, writePrivate, type State } from "./state.ts";

export interface Ports {
  /** The log service's API. */
  http: number;
  /** Its health and metrics. */
  ops: number;
  /** Syslog, over whatever the record turns on; undefined where it turns on nothing. */
  syslog: number | undefined;
  /** MCP over WebSocket; undefined where the record does not turn it on. */
  mcpSocket: number | undefined;
}

/** Which of the further doors the record opens. */
export interface Doors {
  syslog: boolean;
  mcpSocket: boolean;
}

const firstHttp = 8080;
/** As in the cluster. */
const usualSyslog = 5514;
const usualMcpSocket = 9060;
const remembered = z.object({
  http: z.number(),
  ops: z.number(),
  syslog: z.number().optional(),
  mcpSocket: z.number().optional(),
});

/**
 * Chooses the log service's ports and remembers them, so that a tenant keeps its address. The one
 * for the API is never changed in silence: people and programs were told it.
 * @throws ToolError when it is in use
 */
export async function choosePorts(
  state: State,
  tenant: string,
  wanted: number | undefined,
  doors: Doors = { syslog: false, mcpSocket: false },
): Promise<Ports> {
  const last = remembered.safeParse(readJson(state.ports)).data;
  const known = wanted ?? last?.http ?? (tenant === "acme" ? firstHttp : undefined);
  const http = known ?? (await nextFree(firstHttp + 1));
  if (!(await isFree(http))) {
    const other = await nextFree(http + 1);
    throw new ToolError(
      `port ${http} is in use by another program. Choose another one: npm start -- ${tenant === "acme" ? "" : `--tenant ${tenant} `}--port ${other}`,
    );
  }
  const preferred = last?.http === http ? last.ops : http + HEALTH_STEP;
  const ops = await freeOr(preferred);
  const syslog = doors.syslog ? await keptOr(last?.syslog, usualSyslog) : undefined;
  const mcpSocket = doors.mcpSocket ? await keptOr(last?.mcpSocket, usualMcpSocket) : undefined;
  const ports = { http, ops, syslog, mcpSocket };
  writePrivate(state.ports, JSON.stringify(ports));
  return ports;
}

/** The port that was remembered, else the usual one: unless a tenant that starts beside this one has just found it. */
async function keptOr(last: number | undefined, usual: number): Promise<number> {
  if (last !== undefined) return freeOr(last);
  return (await isOurs(usual)) ? usual : freePort();
}

/** That port, or another one where it is taken. */
async function freeOr(port: number): Promise<number> {
  return port <= 65_535 && (await isFree(port)) ? port : await freePort();
}

/** The first free port from `from` on. */
async function nextFree(from: number): Promise<number> {
  for (let port = from; port <= 65_535; port++) {
    if (await isFree(port)) return port;
  }
  return await freePort();
}
