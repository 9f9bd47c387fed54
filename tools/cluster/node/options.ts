import { resolve } from "node:path";

import { isProgram } from "../../machine.ts";
import { ToolError } from "../../say.ts";

export const USAGE = `usage: npm run test:node -- [options] [words for vitest, such as a file's name]
       npm run -s node -- [options] [command ...]
  --policy-engine <binary>  enforces network policies on the node: forbidden flows are then tried. It is started as
                            root in the node's network, with KUBECONFIG and NODE_NAME in its environment
  --policy-argument <text>  one of its arguments; may be given several times
  --logs <folder>           keeps the logs of all parts there`;

export interface NodeOptions {
  readonly engine: { readonly program: string; readonly args: readonly string[] } | undefined;
  readonly logs: string | undefined;
  /** For vitest, or the command. */
  readonly words: readonly string[];
}

/** @throws ToolError for an option that there is not, or a binary that is none */
export function parseNodeOptions(args: readonly string[]): NodeOptions {
  let engine: string | undefined;
  let logs: string | undefined;
  const engineArgs: string[] = [];
  const words: string[] = [];
  const rest = [...args];
  const value = (of: string): string => {
    const next = rest.shift();
    if (next === undefined) throw new ToolError(`${of} wants a value\n${USAGE}`);
    return next;
  };
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === "--policy-engine") engine = resolve(value(arg));
    else if (arg === "--policy-argument") engineArgs.push(value(arg));
    else if (arg === "--logs") logs = resolve(value(arg));
    else if (arg.startsWith("--")) throw new ToolError(USAGE);
    else {
      words.push(arg, ...rest.splice(0));
    }
  }
  if (engine !== undefined && !isProgram(engine)) {
    throw new ToolError(`--policy-engine: ${engine} is no program`);
  }
  return {
    engine: engine === undefined ? undefined : { program: engine, args: engineArgs },
    logs,
    words,
  };
}
