/** Progress for people: on stderr, because stdout belongs to what was asked for. */
export function say(message: string): void {
  process.stderr.write(`neurallog: ${message}\n`);
}

/** A failure that people can act on: printed as it is, without a stack. */
export class ToolError extends Error {
  override name = "ToolError";
}

/**
 * Runs a command's main function: what people can act on is printed plainly, a defect with its stack.
 * @param failed exit code of what people can act on, where 1 is an answer of the command
 */
export async function main(run: () => Promise<number>, failed = 1): Promise<void> {
  try {
    process.exitCode = await run();
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    say(error.message);
    process.exitCode = failed;
  }
}
