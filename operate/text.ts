import { harmlessLine } from "../apps/cli/src/output/terminal.ts";
import { MAX_TEXT } from "./limits.ts";

/**
 * Text of a cluster for a person's terminal: one line, bounded, with nothing in it that moves a cursor. Who may write
 * an event's message or an annotation must not be able to draw a status of their own.
 */
export function plain(text: string, max = MAX_TEXT): string {
  // Cut first: a megabyte of control characters would be four when they are shown.
  const cut = text.length > max ? `${text.slice(0, max)}…` : text;
  return harmlessLine(cut.replaceAll(/\s*\r?\n\s*/g, " "));
}
