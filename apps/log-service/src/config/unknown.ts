import { suggest } from "../suggest.ts";
import { mcpVariables } from "./mcp.ts";
import type { Environment } from "./read.ts";
import { serveVariables } from "./serve.ts";
import { workVariables } from "./work.ts";

const PREFIX = "NEURALLOG_";
// Without what all of them share, which would make any two of them look alike.
const KNOWN = [...new Set([...serveVariables, ...mcpVariables, ...workVariables])].map(
  withoutPrefix,
);

/**
 * What to say of NEURALLOG_ variables that no role knows. A warning and no error: the settings of a
 * newer release must not keep an older one, which somebody rolls back to, from starting.
 */
export function unknownVariables(env: Environment): string[] {
  return Object.keys(env)
    .filter((name) => name.startsWith(PREFIX) && !KNOWN.includes(withoutPrefix(name)))
    .map((name) => {
      const near = suggest(withoutPrefix(name), KNOWN);
      return `${name} has no effect${near === undefined ? "" : `: did you mean ${PREFIX}${near}?`}`;
    });
}

function withoutPrefix(name: string): string {
  return name.slice(PREFIX.length);
}
