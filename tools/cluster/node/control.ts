import { existsSync } from "node:fs";
import { createServer, request } from "node:http";

/** Where tests reach whoever started the node; a socket in the run's own folder. */
export const CONTROL = "NEURALLOG_NODE_CONTROL";

/** Offers each of these by its name. */
export async function offer(
  socket: string,
  actions: Readonly<Record<string, () => Promise<void>>>,
): Promise<void> {
  const server = createServer((incoming, answer) => {
    const action = actions[incoming.url?.slice(1) ?? ""];
    (action?.() ?? Promise.reject(new Error(`no ${incoming.url}`))).then(
      () => answer.end(),
      (error: unknown) => {
        answer.statusCode = 500;
        answer.end(error instanceof Error ? error.message : String(error));
      },
    );
  });
  server.unref();
  await new Promise<void>((resolve) => server.listen(socket, resolve));
}

/** Has an action done. @throws Error with what went wrong */
export function ask(action: string): Promise<void> {
  const socketPath = process.env[CONTROL];
  if (socketPath === undefined || !existsSync(socketPath)) throw new Error("no node is up");
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, path: `/${action}`, method: "POST" }, (answer) => {
      let text = "";
      answer.on("data", (part: Buffer) => (text += part.toString()));
      answer.on("end", () => (answer.statusCode === 200 ? resolve() : reject(new Error(text))));
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}
