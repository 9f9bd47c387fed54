import { ToolError } from "../say.ts";

export const USAGE = `usage: npm run -s cluster -- [options] <command ...>
  --no-argocd      without Argo CD
  --no-nodes       without fake nodes
  --large          with room for thousands of pods, and everything tuned for them
  --logs <folder>  keeps the logs of all parts there
  --kubeconfig <file>  beside that cluster, which must be one that may be ruined
  --disposable     says that it may be, where it is no kind cluster on this machine`;

const FEW_NODES = 4;

/** 500 pods each: 1,000 tenants of standard size run some 6,000, and request more CPU than fewer nodes have. */
const MANY_NODES = 60;

export interface Options {
  argocd: boolean;
  nodes: number;
  large: boolean;
  logs: string | undefined;
  /** A cluster that somebody brought. */
  kubeconfig: string | undefined;
  disposable: boolean;
  command: string[];
}

/** Options stand before the command; everything from its first word on is the command's. */
export function parseOptions(args: readonly string[]): Options {
  const options: Options = {
    argocd: true,
    nodes: FEW_NODES,
    large: false,
    logs: undefined,
    kubeconfig: undefined,
    disposable: false,
    command: [],
  };
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? "";
    if (arg === "--no-argocd") options.argocd = false;
    else if (arg === "--no-nodes") options.nodes = 0;
    else if (arg === "--large") {
      options.large = true;
      options.nodes = MANY_NODES;
    } else if (arg === "--kubeconfig") options.kubeconfig = args[++index];
    else if (arg === "--disposable") options.disposable = true;
    else if (arg === "--logs") options.logs = args[++index];
    else if (arg.startsWith("--")) throw new ToolError(`unknown option ${arg}\n${USAGE}`);
    else {
      options.command = args.slice(index);
      break;
    }
  }
  if (options.command.length === 0) throw new ToolError(USAGE);
  return options;
}
