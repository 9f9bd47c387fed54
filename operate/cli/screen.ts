import type { EventEmitter } from "node:events";

/** A terminal's second screen, redrawn in place. What was there before comes back when it is left. */
export type Screen = { draw(text: string): void; leave(): void };

// Without a cursor, and without wrapping: a line that is too long would take two rows and move all below it.
const ENTER = "\u001B[?1049h\u001B[?25l\u001B[?7l";
const LEAVE = "\u001B[?7h\u001B[?25h\u001B[?1049l";

/** What a screen needs of standard output. */
export type Terminal = Pick<EventEmitter, "on" | "off"> & {
  readonly rows?: number;
  write(text: string): unknown;
};

export function openScreen(stream: Terminal): Screen {
  let last = "";
  const draw = (text: string): void => {
    last = text;
    const lines = text.split("\n");
    const rows = Math.max(2, (stream.rows ?? 24) - 1);
    const hidden = lines.length - rows;
    const shown =
      hidden > 0 ? [...lines.slice(0, rows - 1), `... and ${hidden + 1} lines more`] : lines;
    // To the end of each line and of the screen: what was longer before must not stand there.
    stream.write(`\u001B[H${shown.map((line) => `${line}\u001B[K\r\n`).join("")}\u001B[J`);
  };
  const resized = (): void => draw(last);
  stream.write(ENTER);
  stream.on("resize", resized);
  // Also after a defect: a terminal without a cursor is nobody's.
  const leave = (): void => {
    stream.off("resize", resized);
    process.off("exit", leave);
    stream.write(LEAVE);
  };
  process.on("exit", leave);
  return { draw, leave };
}
