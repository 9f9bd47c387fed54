import type { Verdict } from "./shape.ts";

/** Colours of a terminal, or none. The words and marks say the same without them. */
export type Paint = {
  verdict(verdict: Verdict, text: string): string;
  strong(text: string): string;
  faint(text: string): string;
};

const CODES: Record<Verdict, string> = { well: "32", changing: "36", wrong: "31", unknown: "33" };

export const MARKS: Record<Verdict, string> = {
  well: "ok",
  changing: "..",
  wrong: "!!",
  unknown: "??",
};

const inCode = (code: string, text: string): string => `\u001B[${code}m${text}\u001B[0m`;

/** For a terminal; none for a pipe, a file, NO_COLOR or a terminal that has none. */
export function paintFor(
  stream: { readonly isTTY?: boolean },
  environment: Readonly<Record<string, string | undefined>>,
): Paint {
  const plain =
    stream.isTTY !== true ||
    (environment["NO_COLOR"] ?? "") !== "" ||
    environment["TERM"] === "dumb";
  if (plain) return PLAIN;
  return {
    verdict: (verdict, text) => inCode(CODES[verdict], text),
    strong: (text) => inCode("1", text),
    faint: (text) => inCode("2", text),
  };
}

export const PLAIN: Paint = {
  verdict: (_, text) => text,
  strong: (text) => text,
  faint: (text) => text,
};
