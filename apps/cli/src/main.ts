import { CommanderError } from "commander";
import { ConnectionError } from "@neurallog/client";
import { processContext } from "./commands/context.ts";
import { EXIT, exitOf, explain } from "./errors.ts";
import { harmless } from "./output/terminal.ts";
import { program } from "./program.ts";

const context = processContext();
try {
  await program(context, (exit) => (process.exitCode = exit)).parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // commander has said it already; help and version are no errors.
    process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  } else if (context.interrupted.aborted && isAbort(error)) {
    process.exitCode = EXIT.interrupted;
  } else {
    context.say(harmless(explain(error)));
    process.exitCode = exitOf(error);
  }
}
// A pipe that is still open on standard input must not keep the process.
process.stdin.destroy();

function isAbort(error: unknown): boolean {
  return error instanceof ConnectionError && error.code === "NLC_ABORTED";
}
