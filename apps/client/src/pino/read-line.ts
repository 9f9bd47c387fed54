export interface PinoLine {
  readonly level: string;
  readonly message: string;
  /** Everything else: bindings, serialised errors, the call's own fields. */
  readonly fields: object;
  readonly timeMs: number | undefined;
  /** The `name` that a pino logger was made with. */
  readonly name: string | undefined;
}

/** What pino wrote; what is no JSON object is a message. @returns undefined for an empty line */
export function readLine(line: string, messageKey: string): PinoLine | undefined {
  if (line.trim() === "") return undefined;
  const record = parse(line);
  if (record === undefined)
    return { level: "info", message: line, fields: {}, timeMs: undefined, name: undefined };
  const { level, time, [messageKey]: message, ...rest } = record;
  const timeMs = readTime(time);
  const name = rest["name"];
  return {
    level: levelOf(level),
    message: typeof message === "string" ? message : "",
    fields: {
      ...rest,
      // A time that cannot be read is kept as it is.
      ...(timeMs === undefined && time !== undefined ? { time } : {}),
      ...(typeof message === "string" || message === undefined ? {} : { [messageKey]: message }),
    },
    timeMs,
    name: typeof name === "string" && name !== "" ? name : undefined,
  };
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Pino's numbers are 10 to 60; one between two of them, as custom levels have, is the lower one. */
function levelOf(level: unknown): string {
  if (typeof level === "string") return level;
  if (typeof level !== "number") return "info";
  const names = ["trace", "trace", "debug", "info", "warn", "error", "fatal"];
  return names[Math.min(6, Math.max(0, Math.floor(level / 10)))] ?? "info";
}

/** Milliseconds, as pino writes by default, seconds of `unixTime`, or an ISO text. */
function readTime(time: unknown): number | undefined {
  if (typeof time === "string") {
    const ms = /^\d+$/.test(time) ? Number(time) / 1e6 : Date.parse(time);
    return Number.isNaN(ms) ? undefined : ms;
  }
  if (typeof time !== "number" || !Number.isFinite(time)) return undefined;
  return time < 1e11 ? time * 1_000 : time;
}
