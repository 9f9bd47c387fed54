/** The tap's own errors, with what the process ends with. */
const registry = {
  TAP_USAGE: 2,
  TAP_KEY_FILE: 2,
  TAP_PORT: 2,
  /** As a shell says it: 127 for a command that is not there, 126 for one that may not run. */
  TAP_COMMAND_MISSING: 127,
  TAP_COMMAND_REFUSED: 126,
  /** Answered to a client over HTTP, with 502 and 403. */
  TAP_SERVER_UNREACHABLE: 1,
  TAP_HOST_REFUSED: 1,
} as const;

export type TapErrorCode = keyof typeof registry;

/** The message tells what to do. */
export class TapError extends Error {
  override readonly name = "TapError";
  readonly code: TapErrorCode;

  constructor(code: TapErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }

  get exit(): number {
    return registry[this.code];
  }
}

/** A reason in one line, for a person. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.message !== "") return error.message;
  return "code" in error ? String(error.code) : error.name;
}
