import { EventEmitter } from "node:events";
import { expect, it } from "vitest";
import { openScreen } from "../../../operate/cli/screen.ts";

/** A terminal of some rows that keeps what was written. */
class Terminal extends EventEmitter {
  rows: number;
  written = "";

  constructor(rows: number) {
    super();
    this.rows = rows;
  }

  write(text: string): void {
    this.written += text;
  }

  /** What was written since the last call. */
  take(): string {
    const text = this.written;
    this.written = "";
    return text;
  }
}

const lines = (count: number) =>
  Array.from({ length: count }, (_, index) => `line ${index}`).join("\n");

it("draws over what was there, and clears what was longer", () => {
  const terminal = new Terminal(10);
  const screen = openScreen(terminal);
  terminal.take();
  screen.draw("one\ntwo");
  expect(terminal.take()).toBe("\u001B[Hone\u001B[K\r\ntwo\u001B[K\r\n\u001B[J");
  screen.leave();
});

it("says how many lines have no room, and never scrolls", () => {
  const terminal = new Terminal(5);
  const screen = openScreen(terminal);
  terminal.take();
  screen.draw(lines(10));
  const text = terminal.take();
  expect(text.split("\r\n").length).toBe(5);
  expect(text).toContain("... and 7 lines more");
  terminal.rows = 20;
  terminal.emit("resize");
  expect(terminal.take()).toContain("line 9");
  screen.leave();
});

it("gives the terminal back as it was, once", () => {
  const terminal = new Terminal(5);
  const before = process.listenerCount("exit");
  const screen = openScreen(terminal);
  expect(terminal.take()).toBe("\u001B[?1049h\u001B[?25l\u001B[?7l");
  screen.leave();
  expect(terminal.take()).toBe("\u001B[?7h\u001B[?25h\u001B[?1049l");
  expect([terminal.listenerCount("resize"), process.listenerCount("exit")]).toEqual([0, before]);
});
