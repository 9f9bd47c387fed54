import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A fenced block of shell commands in a page. */
export interface Block {
  /** Line of the fence, from 1. */
  readonly line: number;
  readonly commands: string;
  /** Exit code that the page promises: 0, or what its fence says, as in "```sh exit=1". */
  readonly exit: number;
}

const fence = /^```(\S*)(?: (.*))?$/;
const shells = ["sh", "bash", "shell", "console"];

/** The shell blocks of a page in their order. @throws Error for a block that no test could run. */
export function blocksOf(root: string, page: string): Block[] {
  const blocks: Block[] = [];
  let open: { line: number; language: string; exit: number; lines: string[] } | undefined;
  for (const [at, text] of readFileSync(join(root, page), "utf8").split("\n").entries()) {
    const match = fence.exec(text);
    if (match === null) {
      open?.lines.push(text);
    } else if (open === undefined) {
      const [, language = "", words = ""] = match;
      const exit = /^exit=(\d+)$/.exec(words)?.[1];
      if (words !== "" && exit === undefined)
        throw new Error(`${page}:${at + 1}: '${words}' means nothing here`);
      open = { line: at + 1, language, exit: Number(exit ?? 0), lines: [] };
    } else {
      const { line, language, exit, lines } = open;
      if (shells.includes(language)) blocks.push({ line, exit, commands: lines.join("\n") });
      open = undefined;
    }
  }
  return blocks;
}
