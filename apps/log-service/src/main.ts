import { ServiceError } from "./errors.ts";
import { launch, noteModules, WARM } from "./roles/launch.ts";
import { tidyWhenIdle } from "./roles/tidy.ts";

const USAGE = `Usage: node apps/log-service/src/main.ts <role>

Roles:
  serve         the log service: HTTP and MCP, on a Redis of its own
  work          merging, clearing, retention and archiving alone, beside services that leave them to it
  mcp           an MCP endpoint over Streamable HTTP that talks to a log service
  mcp --stdio   the same over standard input and output

Everything else is set by NEURALLOG_… variables; docs/call-the-log-service.md lists them.
Exit codes: 0 stopped when told to, 1 could not start or failed, 2 wrong usage.
`;

/**
 * The whole process, to its exit code. Each role is loaded alone: an MCP endpoint needs no Redis
 * client, and loading everything takes a second and 30 MB.
 */
async function main(args: readonly string[]): Promise<number> {
  switch (args.join(" ")) {
    case "serve": {
      launch("serve");
      const { runServe } = await import("./roles/run-serve.ts");
      noteModules();
      // Once: later it would hold up those who come meanwhile.
      tidyWhenIdle({ again: false });
      return runServe(process.env);
    }
    case "work": {
      launch("work");
      const { runWork } = await import("./roles/run-work.ts");
      noteModules();
      return runWork(process.env);
    }
    case "mcp": {
      launch("mcp");
      const { runMcp } = await import("./roles/run-mcp.ts");
      noteModules();
      // Again, as the first request loads what speaks the protocol: half of all that is loaded.
      tidyWhenIdle({ again: true });
      return runMcp(process.env);
    }
    case `serve ${WARM}`:
    case `work ${WARM}`:
    case `mcp ${WARM}`:
      await (await import("./roles/warm.ts")).warm(args[0]);
      return 0;
    case "mcp --stdio":
      return (await import("./roles/run-mcp-stdio.ts")).runMcpStdio(process.env);
    case "--help":
      process.stdout.write(USAGE);
      return 0;
    default:
      process.stderr.write(USAGE);
      return 2;
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  // A mistake of whoever started us needs its sentence; anything else needs its stack.
  const known = error instanceof ServiceError;
  process.stderr.write(`${known ? `${error.code}: ${error.message}` : stackOf(error)}\n`);
  process.exitCode = 1;
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
