import { describe, expect, it } from "vitest";
import { progressBar } from "../../../apps/cli/src/output/progress.ts";

function terminal(isTTY: boolean) {
  const written: string[] = [];
  const write = (text: string) => {
    written.push(text);
    return true;
  };
  return { written, stream: { isTTY, columns: 80, write } };
}

describe("the progress bar", () => {
  it("shows how far the file is read, in one line of the terminal, and goes away", () => {
    const { written, stream } = terminal(true);
    const bar = progressBar(stream, "a.log", 200);
    bar.update(50, 12_345);
    bar.clear();
    expect(written[0]).toContain("25 % 12,345 records");
    expect(written[0]).not.toContain("\n");
    expect(written.at(-1)).toBe("\r\u001b[2K");
  });

  it("is not drawn for every line", () => {
    const { written, stream } = terminal(true);
    const bar = progressBar(stream, "a.log", 200);
    for (let at = 0; at < 100; at++) bar.update(at, at);
    expect(written.length).toBeLessThan(20);
  });

  it("is for terminals and for files only", () => {
    const pipe = terminal(false);
    progressBar(pipe.stream, "a.log", 200).update(50, 1);
    const endless = terminal(true);
    progressBar(endless.stream, "standard input", undefined).update(50, 1);
    expect([...pipe.written, ...endless.written]).toEqual([]);
  });

  it("attack: a file's name cannot draw on the terminal", () => {
    const { written, stream } = terminal(true);
    progressBar(stream, "\u001b[2J.log", 200).update(50, 1);
    expect(written[0]?.slice(5)).not.toContain("\u001b");
  });
});
