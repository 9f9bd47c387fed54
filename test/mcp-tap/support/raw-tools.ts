/**
 * Two servers' tools, written with the raw protocol. They look alike: both list `list_capabilities` under the same
 * name with the same description. One names the schema of its arguments `input_schema`, and what looks tools up
 * before a call, as a relay does, knows only those with an `inputSchema`.
 */
const schema = {
  type: "object",
  properties: { format: { type: "string", enum: ["svg", "png"] }, password: { type: "string" } },
};
const annotations = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
};
const description = "Lists what the service can do.";

const tools = {
  dewey: [
    { name: "list_capabilities", description, inputSchema: schema, annotations },
    { name: "render", description: "Renders.", inputSchema: schema, annotations },
  ],
  gates: [
    { name: "list_capabilities", description, input_schema: schema, annotations },
    { name: "render", description: "Renders a picture.", inputSchema: schema, annotations },
  ],
};

export type Variant = keyof typeof tools;

interface Asked {
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: {
    readonly name?: string;
    readonly cursor?: string;
    readonly arguments?: unknown;
  };
}

/** What a server answers to one message, as text; undefined for nothing. */
export function answerRaw(variant: Variant, text: string): string | undefined {
  let asked: Asked;
  try {
    asked = JSON.parse(text);
  } catch {
    return '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}';
  }
  if (Array.isArray(asked)) {
    const answers = asked.flatMap((one) => answerRaw(variant, JSON.stringify(one)) ?? []);
    return `[${answers.join(",")}]`;
  }
  if (asked.id === undefined) return undefined;
  const reply = (member: object) => JSON.stringify({ jsonrpc: "2.0", id: asked.id, ...member });
  const { method, params = {} } = asked;
  switch (method) {
    case "initialize":
      return reply({
        result: {
          protocolVersion: "2025-11-25",
          capabilities: { tools: {} },
          serverInfo: { name: variant, version: "1.0.0" },
        },
      });
    case "ping":
      return reply({ result: {} });
    case "tools/list": {
      // One a page: whoever reads only the first page misses the second.
      const at = Number(params.cursor ?? 0);
      const listed = tools[variant];
      const more = at + 1 < listed.length ? { nextCursor: String(at + 1) } : {};
      return reply({ result: { tools: listed.slice(at, at + 1), ...more } });
    }
    case "tools/call": {
      const registry = new Map(
        tools[variant].flatMap((tool) => ("inputSchema" in tool ? [[tool.name, tool]] : [])),
      );
      if (!registry.has(params.name ?? "")) {
        return reply({ error: { code: -32602, message: `Unknown tool: ${params.name}` } });
      }
      const echoed = JSON.stringify(params.arguments ?? {});
      return reply({ result: { content: [{ type: "text", text: echoed }] } });
    }
    default:
      return reply({ error: { code: -32601, message: `Method not found: ${method}` } });
  }
}
