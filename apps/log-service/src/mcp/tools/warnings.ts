import { z } from "zod";

import { shortText } from "../answer/shorten.ts";
import type { Warning } from "../log-api.ts";

/** In every answer to a question: it says what is not in it when the archive is away. */
export const warnings = z
  .array(z.strictObject({ code: z.string(), message: z.string() }))
  .optional()
  .describe("What the answer leaves out, and why");

interface Answer {
  readonly warnings?: readonly Warning[] | undefined;
}

/** Each once, where several questions made one answer. */
export function warningsOf(...answers: readonly (Answer | undefined)[]): {
  warnings?: { code: string; message: string }[];
} {
  const all = new Map<string, string>();
  for (const answer of answers) {
    for (const { code, message } of answer?.warnings ?? []) all.set(code, shortText(message));
  }
  if (all.size === 0) return {};
  return { warnings: [...all].map(([code, message]) => ({ code, message })) };
}

/** The same as lines of the answer's text. */
export function warningLines({ warnings: told = [] }: Answer): readonly string[] {
  return told.map(({ code, message }) => `Warning: ${code}: ${message}`);
}
