import { parseArgs, type ParseArgsConfig } from "node:util";
import { failure, OperateError } from "../errors.ts";
import { say } from "../../tools/say.ts";
import { plain } from "../text.ts";

/** Options of every command that asks a cluster. */
export const CLUSTER_OPTIONS = {
  cluster: { type: "string" },
  context: { type: "string" },
  kubeconfig: { type: "string" },
  root: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean" },
} as const;

export const CLUSTER_HELP = `  --context <name>     of the kubeconfig; its current one when left out
  --kubeconfig <file>  instead of KUBECONFIG and ~/.kube/config
  --root <folder>      another clone than this one
  --help               this text
`;

/** Reads arguments; what nobody knows is a usage error. */
export function readArguments<T extends ParseArgsConfig>(config: T) {
  try {
    return parseArgs(config);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw failure("usage", { reason: `${reason}; --help lists what there is` }, error);
  }
}

/** Runs a command: failures that people can act on are printed plainly, a defect with its stack. */
export async function runCommand(run: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await run();
  } catch (error) {
    if (!(error instanceof OperateError)) throw error;
    // Line by line: a record's errors are drawn over several.
    say(
      `${error.message
        .split("\n")
        .map((line) => plain(line))
        .join("\n")} [${error.code}]`,
    );
    process.exitCode = error.exit;
  }
}

/** What was given, as an object without what was not. */
export const given = <K extends string>(
  values: Readonly<Partial<Record<K, string | undefined>>>,
): Partial<Record<K, string>> => {
  const there: Partial<Record<K, string>> = {};
  for (const key in values) {
    const value = values[key];
    if (value !== undefined) there[key] = value;
  }
  return there;
};
