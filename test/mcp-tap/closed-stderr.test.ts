import { execFile } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { expect, test } from "vitest";
import { WebSocket } from "ws";

import { freePort } from "../support/port.ts";
import { startRawHttp } from "./support/raw-http.ts";
import { rawStdio, startTap } from "./support/tap.ts";

const ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}';

/** Without a log service it has something to say as soon as it starts, and nobody to say it to. */
function startUnheard(args: readonly string[]) {
  const tap = startTap(args);
  tap.process.stderr.destroy();
  return tap;
}

test("over stdio, a standard error that nobody reads any more stops nothing", async () => {
  const tap = startUnheard(["--health-port", "0", "--", "cat"]);
  tap.process.stdin.end(`${ping}\n`);
  expect(await tap.ended).toEqual({ code: 0, signal: null });
  expect(tap.out().toString()).toBe(`${ping}\n`);
});

test("over HTTP and WebSocket, a standard error that nobody reads any more stops nothing", async () => {
  await using server = await startRawHttp("dewey");
  const [port, health] = [await freePort(), await freePort()];
  const ports = ["--port", String(port), "--health-port", String(health)];
  startUnheard([...ports, server.url]);
  const post = { method: "POST", body: ping };
  await expect
    .poll(async () => (await fetch(`http://127.0.0.1:${port}/mcp`, post)).status)
    .toBe(200);
  const socket = new WebSocket(`ws://127.0.0.1:${port}/mcp`, ["mcp"]);
  await once(socket, "open");
  const answered = once(socket, "message");
  socket.send(ping);
  expect(String(await answered)).toContain('"result":{}');
  socket.close();
  expect((await fetch(`http://127.0.0.1:${health}/health`)).status).toBe(200);
});

test("a closed standard error from the start on stops nothing", async () => {
  const main = fileURLToPath(new URL("../../apps/mcp-tap/src/main.ts", import.meta.url));
  const shell = `echo '${ping}' | '${process.execPath}' '${main}' -- '${process.execPath}' '${rawStdio}' dewey 2>&-`;
  const { stdout } = await promisify(execFile)("sh", ["-c", shell]);
  expect(stdout).toContain('"result":{}');
});
