import type { Problem } from "./problem.ts";

const RED = "\u001B[31m";
const BOLD = "\u001B[1m";
const DIM = "\u001B[2m";
const RESET = "\u001B[0m";

/** Long lines are cut around the caret: a minified file would fill the screen. */
const WINDOW = 160;

/**
 * Problems for people: place, sentence, source line, caret and suggestion. Colour is the caller's
 * choice: only for a terminal.
 */
export function printProblems(problems: readonly Problem[], color: boolean): string {
  const paint = (style: string, text: string): string => (color ? `${style}${text}${RESET}` : text);
  const blocks = problems.map((found) => {
    const { shown, caret } = frame(found);
    const gutter = String(found.line);
    const pad = " ".repeat(gutter.length);
    const lines = [
      `${paint(BOLD, `${safe(found.file)}:${found.line}:${found.column}`)} ${paint(RED, "error")} ${safe(found.message)} ${paint(DIM, `[${found.code}]`)}`,
    ];
    if (shown !== "") {
      lines.push(`${pad} ${paint(DIM, "|")}`);
      lines.push(`${gutter} ${paint(DIM, "|")} ${shown}`);
      lines.push(`${pad} ${paint(DIM, "|")} ${paint(RED, caret)}`);
    }
    if (found.suggestion !== null)
      lines.push(`${pad} ${paint(DIM, "=")} ${safe(found.suggestion)}`);
    return lines.join("\n");
  });
  const files = new Set(problems.map((found) => found.file)).size;
  const count = `${problems.length} ${problems.length === 1 ? "error" : "errors"} in ${files} ${files === 1 ? "file" : "files"}`;
  return `${blocks.join("\n\n")}\n\n${paint(BOLD, count)}\n`;
}

/** Problems for programs: one JSON document. */
export function problemsToJson(problems: readonly Problem[]): string {
  return `${JSON.stringify({ problems }, null, 2)}\n`;
}

function frame(found: Problem): { shown: string; caret: string } {
  const line = safe(found.source);
  const start = line.length <= WINDOW ? 0 : Math.max(0, found.column - 1 - WINDOW / 2);
  const shown = line.slice(start, start + WINDOW);
  const at = Math.min(found.column - 1 - start, shown.length);
  const width = Math.max(1, Math.min(found.length, shown.length - at));
  return { shown, caret: `${" ".repeat(at)}${"^".repeat(width)}` };
}

// A record could carry escape sequences that rewrite the reviewer's terminal: each such character becomes one visible one.
const safe = (text: string): string =>
  text.replaceAll("\t", "→").replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\uFFFD");
