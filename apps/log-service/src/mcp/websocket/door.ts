import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

import type { FastifyInstance } from "fastify";

import type { BodyBudget } from "../../access/body-budget.ts";
import type { ToolNames } from "../../config/fields.ts";
import { ServiceError } from "../../errors.ts";
import { FOLLOW_LIMITS, MCP_LIMITS } from "../../limits.ts";
import type { McpCaller } from "../caller.ts";
import type { ReportFailure } from "../tools/tool-failure.ts";
import { ConnectionBounds } from "./bounds.ts";
import { checkHandshake, refuse, takeOfferedKey } from "./handshake.ts";
import type { McpSocket } from "./open.ts";

export interface McpSocketOptions {
  /**
   * Whom the credentials stand for; asked before the connection becomes a WebSocket.
   * @throws ServiceError when they stand for nobody.
   */
  readonly identify: (request: IncomingMessage) => Promise<McpCaller>;
  /** Host names, beside loopback's, that `Host` and `Origin` may have. */
  readonly publicHosts: readonly string[];
  /** Room for messages, shared with every other door of the process. */
  readonly bodies: BodyBudget;
  readonly toolNames: ToolNames;
  readonly report: ReportFailure;
  /** How often a connection's credentials are looked at again. */
  readonly recheckMs?: number;
  readonly connections?: { readonly most: number; readonly ofCaller: number };
}

/**
 * MCP over WebSockets, on a listener of its own: at `/` and `/mcp`, with the subprotocol `mcp`.
 * What speaks the protocol is loaded with the first connection: most processes never have one.
 */
export function addMcpSocketDoor(app: FastifyInstance, options: McpSocketOptions): void {
  const { most, ofCaller } = options.connections ?? {
    most: MCP_LIMITS.sockets,
    ofCaller: MCP_LIMITS.socketsOfCaller,
  };
  const bounds = new ConnectionBounds(most, ofCaller);
  const open = new Set<McpSocket>();
  let isClosing = false;

  const beat = setInterval(() => {
    for (const { transport } of open) transport.beat();
  }, FOLLOW_LIMITS.heartbeatMs);
  const recheck = setInterval(() => {
    for (const socket of open) void endIfRevoked(socket);
  }, options.recheckMs ?? FOLLOW_LIMITS.recheckMs);
  beat.unref();
  recheck.unref();

  app.addHook("preClose", async () => {
    isClosing = true;
    clearInterval(beat);
    clearInterval(recheck);
    await Promise.all([...open].map(({ transport }) => transport.drain()));
  });
  for (const path of ["/", "/mcp"]) {
    app.get(path, (_request, reply) => {
      const error = { code: "NL_BAD_REQUEST", message: "A WebSocket is needed here" };
      return reply.code(426).header("upgrade", "websocket").send({ error });
    });
  }

  const accept = async (request: IncomingMessage, stream: Duplex, head: Buffer): Promise<void> => {
    if (isClosing) throw new ServiceError("NL_DRAINING");
    checkHandshake(request, options.publicHosts);
    const leave = bounds.enter();
    stream.once("close", leave);
    takeOfferedKey(request);
    const caller = await options.identify(request);
    stream.once("close", bounds.enterAs(caller.name));
    const { openMcpSocket } = await import("./open.ts");
    // Whoever left meanwhile has closed already.
    if (stream.destroyed) return;
    const socket = await openMcpSocket({ request, stream, head, caller, ...options });
    open.add(socket);
    socket.closed(() => open.delete(socket));
    if (isClosing) await socket.transport.drain();
  };
  app.server.on("upgrade", (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    stream.on("error", () => stream.destroy());
    accept(request, stream, head).catch((thrown: unknown) => {
      if (!(thrown instanceof ServiceError)) options.report(thrown);
      refuse(stream, thrown instanceof ServiceError ? thrown : new ServiceError("NL_INTERNAL"));
    });
  });
}

/** A key that was revoked or has expired opens nothing any more; one that cannot be looked at stays. */
async function endIfRevoked({ caller, transport }: McpSocket): Promise<void> {
  try {
    await caller.recheck();
  } catch (error) {
    const isRefused = error instanceof ServiceError && error.status === 401;
    if (isRefused) transport.end(1008, "the key is not valid any more");
  }
}
