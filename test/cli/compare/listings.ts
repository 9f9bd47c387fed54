import type { Listing, Outcome } from "../../../apps/cli/src/compare/listing.ts";

/** A server's list, as far as a test is about it. */
export function listing(tools: readonly unknown[], calls: Record<string, Outcome> = {}): Listing {
  return {
    from: "test",
    server: "",
    protocol: "2025-11-25",
    tools,
    calls: new Map(Object.entries(calls)),
    problems: [],
  };
}

export const tool = (members: object = {}) => ({
  name: "render",
  description: "Renders.",
  inputSchema: { type: "object", properties: { format: { type: "string" } } },
  ...members,
});
