import { connect as dial } from "node:net";
import { fileURLToPath } from "node:url";

import { freePort } from "../../tools/port.ts";
import { start, until } from "../ingest/processes.ts";

/** The SDK's own WebSocket in a process of its own, as ours is. */
export async function startBareServer(): Promise<{
  port: number;
  pid: number;
  end(): Promise<void>;
}> {
  const port = await freePort();
  const script = fileURLToPath(new URL("bare-server.ts", import.meta.url));
  const child = start(process.execPath, [script, String(port)]);
  await until("the SDK's server", () => reach(port));
  return { port, pid: child.pid, end: () => child.end() };
}

function reach(port: number): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = dial(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(undefined));
  });
}
