// A server over stdio that misbehaves: `node hostile-server.ts <how> [file that each call of a tool adds a line to]`.
import { appendFileSync } from "node:fs";
import { createInterface } from "node:readline";

const [how, calls = ""] = process.argv.slice(2);
const reply = (id: unknown, member: object) =>
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", id, ...member })}\n`);
const tool = (name: string, inputSchema: object = { type: "object" }) => ({ name, inputSchema });

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  if (method === "initialize" && how !== "newest") {
    const protocolVersion = "2025-11-25";
    reply(id, {
      result: { protocolVersion, capabilities: {}, serverInfo: { name: "\u001b]0;x\u0007" } },
    });
  } else if (method === "server/discover" && (how === "newest" || how === "both")) {
    reply(id, { result: { serverInfo: { name: "newest" }, meta: params["_meta"] } });
  } else if (method === "tools/call") {
    appendFileSync(calls, `${params.name}\n`);
    reply(id, { result: { content: [] } });
  } else if (method === "tools/list") {
    if (how === "cyclic") reply(id, { result: { tools: [tool("a")], nextCursor: "again" } });
    else if (how === "endless")
      reply(id, { result: { tools: [tool(`a${id}`)], nextCursor: String(id) } });
    else if (how === "huge") process.stdout.write(Buffer.alloc(20 * 1024 * 1024, "x"));
    else if (how === "silent") process.stdout.write("\n");
    else if (how === "noisy") {
      process.stdout.write("Starting up…\n[]\nnull\n");
      process.stdout.write('{"jsonrpc":"2.0","id":77,"method":"roots/list"}\n');
      reply(id, { result: { tools: [tool("a")] } });
    } else reply(id, { result: { tools: [tool("a")] } });
  } else if (id !== undefined) reply(id, { error: { code: -32601, message: "Method not found" } });
}
