import { parseArgs, type ParseArgsConfig } from "node:util";
import { ToolError } from "../../tools/say.ts";

/** Options of every command. */
export const COMMON = {
  root: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

/**
 * Arguments of a command; undefined where its help was asked for, which is printed then.
 * @throws ToolError for arguments that the command does not take
 */
export function readArguments<T extends ParseArgsConfig>(help: string, config: T) {
  try {
    const parsed = parseArgs(config);
    if (!("help" in parsed.values)) return parsed;
    process.stdout.write(help);
    return undefined;
  } catch (error) {
    throw usage(help, error instanceof Error ? error.message : String(error));
  }
}

export const usage = (help: string, reason: string): ToolError =>
  new ToolError(`${reason}\n\n${help}`);
