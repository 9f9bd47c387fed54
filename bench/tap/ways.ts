import { once } from "node:events";
import { Agent } from "node:http";
import { fileURLToPath } from "node:url";

import { WebSocket } from "ws";

import { start, type Child } from "../ingest/processes.ts";
import { post } from "../support/post.ts";

/** One way to the server: directly, or through the tap. */
export interface Way {
  /** Resolves once the whole answer is back. */
  ask(message: string): Promise<void>;
  close(): Promise<void>;
}

const echo = fileURLToPath(new URL("./echo.ts", import.meta.url));
const tap = fileURLToPath(new URL("../../apps/mcp-tap/src/main.ts", import.meta.url));

/** A call of a tool, of so many bytes. */
export function call(id: number, size: number): string {
  const head = `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"echo","arguments":{"text":"`;
  return `${head}${id
    .toString(36)
    .repeat(size)
    .slice(0, Math.max(0, size - head.length - 4))}"}}}`;
}

/** A server over stdio, alone or behind the tap with these variables. */
export function overStdio(tapEnv: Readonly<Record<string, string>> | undefined): Way {
  const server = [echo, "stdio"];
  const args = tapEnv === undefined ? server : [tap, "--", process.execPath, ...server];
  const child = start(process.execPath, args, tapEnv, "ignore");
  const { stdin, stdout } = child.process;
  let left = 0;
  let answered = () => {};
  stdout?.on("data", (chunk: Buffer) => {
    left -= chunk.length;
    if (left === 0) answered();
  });
  return {
    ask: (message) =>
      new Promise((resolve) => {
        left = Buffer.byteLength(message) + 1;
        answered = resolve;
        stdin?.write(`${message}\n`);
      }),
    close: async () => {
      stdin?.end();
      await child.exited;
    },
  };
}

export function overHttp(url: string): Way {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const headers = { "content-type": "application/json" };
  return {
    ask: async (message) => void (await post(url, agent, headers, Buffer.from(message))),
    close: async () => agent.destroy(),
  };
}

export async function overWebSocket(url: string): Promise<Way> {
  const socket = new WebSocket(url, ["mcp"], { perMessageDeflate: false });
  await once(socket, "open");
  let answered = () => {};
  socket.on("message", () => answered());
  return {
    ask: (message) =>
      new Promise((resolve) => {
        answered = resolve;
        socket.send(message);
      }),
    close: async () => socket.terminate(),
  };
}

export function startEcho(port: number): Child {
  return start(process.execPath, [echo, String(port)]);
}

/** The tap in front of an address. */
export function startTapOn(
  target: string,
  ports: { readonly port: number; readonly health: number },
  env: Readonly<Record<string, string>>,
): Child {
  const args = ["--port", String(ports.port), "--health-port", String(ports.health), target];
  const child = start(process.execPath, [tap, ...args], env, "ignore");
  child.process.stdout?.resume();
  return child;
}
