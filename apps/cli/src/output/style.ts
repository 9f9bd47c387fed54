import type { Level } from "@neurallog/client";

export interface Style {
  level(level: Level, text: string): string;
  faint(text: string): string;
}

const codes: Record<Level, string> = {
  TRACE: "90",
  DEBUG: "36",
  INFO: "32",
  WARN: "33",
  ERROR: "31",
  FATAL: "1;31",
};

const paint = (code: string, text: string) => `\u001b[${code}m${text}\u001b[0m`;

/** Colours for a terminal, none for a pipe, a file, NO_COLOR or a terminal that cannot. */
export function styleFor(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): Style {
  if (stream.isTTY !== true || (env["NO_COLOR"] ?? "") !== "" || env["TERM"] === "dumb") {
    return { level: (_level, text) => text, faint: (text) => text };
  }
  return { level: (level, text) => paint(codes[level], text), faint: (text) => paint("2", text) };
}
