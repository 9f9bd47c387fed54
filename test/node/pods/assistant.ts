// An assistant: introduces itself to the organization's MCP endpoint, and searches with its tool.
import { writeFileSync } from "node:fs";

const url = process.env["MCP_URL"] ?? "";
const query = process.env["QUERY"] ?? "";

let session: string | undefined;

async function ask(method: string, params: object, id?: number): Promise<unknown> {
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": "2025-11-25",
      ...(session === undefined ? {} : { "mcp-session-id": session }),
    },
    body: JSON.stringify({ jsonrpc: "2.0", method, params, ...(id === undefined ? {} : { id }) }),
  });
  session = response.headers.get("mcp-session-id") ?? session;
  const text = await response.text();
  if (!response.ok) throw new Error(`${method}: ${response.status} ${text}`);
  const data = /^data: (.*)$/m.exec(text)?.[1] ?? text;
  return data === "" ? undefined : JSON.parse(data);
}

const said = await ask(
  "initialize",
  {
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo: { name: "assistant", version: "1" },
  },
  1,
);
await ask("notifications/initialized", {});
const answer = await ask("tools/call", { name: "neurallog.search", arguments: { q: query } }, 2);
const text = JSON.stringify({ said, answer });
// The longest last word that a container may leave.
writeFileSync(
  "/dev/termination-log",
  text.length < 4_000 ? text : JSON.stringify({ tooLong: text.slice(0, 3_000) }),
);
