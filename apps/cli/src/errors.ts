import { ConnectionError, NeuralLogError, ResponseError } from "@neurallog/client";

/** What the process ends with; scripts rely on these numbers. */
export const EXIT = {
  ok: 0,
  /** Nothing matches, as grep says it. */
  nothingFound: 1,
  /** What was compared differs, as diff says it. */
  different: 1,
  /** Wrong arguments, or a file that cannot be read: nothing was sent. */
  usage: 2,
  /** The service cannot be reached, or still answered 429 or 503 after all retries. */
  unavailable: 3,
  /** The service refused: key, role, namespace or a filter that it cannot read. */
  refused: 4,
  /** The service rejected some of the records; the others are stored. */
  rejected: 5,
  /** Ctrl-C while records were waiting: what was acknowledged is stored. */
  interrupted: 130,
} as const;

const registry = {
  CLI_USAGE: EXIT.usage,
  CLI_NOT_WITH_PIPES: EXIT.usage,
  CLI_NO_ADDRESS: EXIT.usage,
  CLI_NO_MESSAGE: EXIT.usage,
  CLI_KEY_FILE: EXIT.usage,
  CLI_CLIENT_FILE: EXIT.usage,
  CLI_INPUT_FILE: EXIT.usage,
  CLI_OUTPUT_FILE: EXIT.usage,
  CLI_NOT_COMPARED: EXIT.usage,
  CLI_NOT_SENT: EXIT.unavailable,
  CLI_EXPORT_INCOMPLETE: EXIT.refused,
} as const;

export type CliErrorCode = keyof typeof registry;

/** An error of the command line's own. The message tells what to do. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly code: CliErrorCode;
  readonly exit: number;

  constructor(
    code: CliErrorCode,
    message: string,
    options: { cause?: unknown; exit?: number } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.exit = options.exit ?? registry[code];
  }
}

/** The exit code that an error ends the process with. */
export function exitOf(error: unknown): number {
  if (error instanceof CliError) return error.exit;
  if (error instanceof ConnectionError) return EXIT.unavailable;
  if (error instanceof ResponseError)
    return error.retryable || error.status >= 500 ? EXIT.unavailable : EXIT.refused;
  if (error instanceof NeuralLogError) return EXIT.usage;
  return EXIT.unavailable;
}

/** For people, with the code to search for: behind the first line, as those below point at each other. */
export function explain(error: unknown): string {
  if (!(error instanceof CliError) && !(error instanceof NeuralLogError))
    return error instanceof Error ? error.message : String(error);
  const [first = "", ...rest] = error.message.split("\n");
  return [`${first} (${error.code})`, ...rest].join("\n");
}
