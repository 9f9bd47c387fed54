import { STATUS_CODES, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

import { ServiceError } from "../../errors.ts";
import { MCP_LIMITS } from "../../limits.ts";
import { ownHosts } from "../own-hosts.ts";

export const SUBPROTOCOL = "mcp";
const PATHS = new Set(["/", "/mcp"]);
const BEARER = "neurallog.bearer.";

/**
 * Whether a request for a WebSocket is for this door, before anybody asks who sent it.
 * @throws ServiceError saying what is wrong.
 */
export function checkHandshake(
  { url = "/", headers }: IncomingMessage,
  publicHosts: readonly string[],
): void {
  const [path = "/"] = url.split("?", 1);
  if (!PATHS.has(path)) throw new ServiceError("NL_NOT_FOUND");
  const hosts = ownHosts(publicHosts);
  const { host, origin } = headers;
  if (!hosts.includes(hostOf(`http://${host}`))) throw new ServiceError("NL_FORBIDDEN_ORIGIN");
  if (origin !== undefined && !hosts.includes(hostOf(origin))) {
    throw new ServiceError("NL_FORBIDDEN_ORIGIN");
  }
  if (!offered(headers).includes(SUBPROTOCOL)) {
    throw new ServiceError("NL_BAD_REQUEST", "The WebSocket subprotocol has to be mcp");
  }
}

/**
 * Takes a key out of the subprotocols: pages in a browser can set no header. Not out of the
 * address: proxies log that.
 */
export function takeOfferedKey({ headers }: IncomingMessage): void {
  const key = offered(headers).find((name) => name.startsWith(BEARER));
  if (key === undefined || headers.authorization !== undefined) return;
  const text = Buffer.from(key.slice(BEARER.length), "base64url").toString("latin1");
  headers.authorization = `Bearer ${text}`;
  headers["sec-websocket-protocol"] = SUBPROTOCOL;
}

/** An answer in plain HTTP: the connection never becomes a WebSocket. */
export function refuse(socket: Duplex, error: ServiceError): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const { status, code, message, retryAfterSeconds } = error;
  const body = JSON.stringify({ error: { code, message } });
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Error"}`,
    "content-type: application/json; charset=utf-8",
    `content-length: ${Buffer.byteLength(body)}`,
    ...(status === 401 ? ["www-authenticate: Bearer"] : []),
    ...(retryAfterSeconds === undefined ? [] : [`retry-after: ${Math.ceil(retryAfterSeconds)}`]),
    "connection: close",
    "",
    body,
  ];
  const late = setTimeout(() => socket.destroy(), MCP_LIMITS.socketCloseMs);
  socket.once("close", () => clearTimeout(late));
  socket.end(lines.join("\r\n"));
}

function offered(headers: IncomingMessage["headers"]): readonly string[] {
  return (headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
}

/** The host as the list of names has it; nothing that is on the list for what has none. */
function hostOf(text: string): string {
  return URL.parse(text)?.hostname ?? "";
}
