import { resolve } from "node:path";

import { isProgram } from "../../machine.ts";
import { ToolError } from "../../say.ts";

export const USAGE = `usage: npm run test:node -- [options] [words for vitest, such as a file's name]
  --policy-engine <binary>  enforces network policies on the node: forbidden flows are then tried. It is started as
                            root in the node's network, with KUBECONFIG and NODE_NAME in its environment
  --policy-argument <text>  one of its arguments; may be given several times
  --logs <folder>           keeps the logs of all parts there
  --shell                   a shell beside the node instead of the tests`;

export interface Options {
  readonly engine: { readonly program: string; readonly args: readonly string[] } | undefined;
  readonly logs: string | undefined;
  readonly shell: boolean;
  /** For vitest. */
  readonly words: readonly string[];
}

/** @throws ToolError for an option that there is not, or a binary that is none */
export function parseOptions(args: readonly string[]): Options {
  let engine: string | undefined;
  let logs: string | undefined;
  let shell = false;
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
    else if (arg === "--shell") shell = true;
    else if (arg.startsWith("--policy") || arg === "--help") throw new ToolError(USAGE);
    else words.push(arg);
  }
  if (engine !== undefined && !isProgram(engine)) {
    throw new ToolError(`--policy-engine: ${engine} is no program`);
  }
  return {
    engine: engine === undefined ? undefined : { program: engine, args: engineArgs },
    logs,
    shell,
    words,
  };
}
