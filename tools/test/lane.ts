import type { ChildProcessByStdio } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

import { root } from "../root.ts";
import type { Ended, Lane } from "./lanes.ts";

/** What the runner in a lane says, a line of JSON each. */
export type Said = { ready: true } | { ended: Ended };

/** A process whose streams are ours. */
export type Piped = ChildProcessByStdio<Writable, Readable, Readable>;

/**
 * Starts a program around the lane's runner, has the program's streams, and ends with its exit code.
 * @param command the runner, with its words
 */
export type Start = (command: readonly string[], attach: (child: Piped) => void) => Promise<number>;

/**
 * A lane in whatever `start` puts around it, such as an enclosure with a control plane.
 * @param words vitest's, for each file
 * @param hear gets what is said on the error stream, line by line
 */
export function openLane(
  start: Start,
  words: readonly string[],
  hear: (line: string) => void,
): Lane {
  const heard: ((said: Said) => void)[] = [];
  const next = (): Promise<Said> => new Promise((resolve) => heard.push(resolve));
  let input: Writable | undefined;
  const over = start(
    [process.execPath, join(root, "tools/test/lane-inside.ts"), ...words],
    (child) => {
      input = child.stdin;
      // It left while it was told something: `over` says so.
      child.stdin.on("error", () => undefined);
      createInterface({ input: child.stderr }).on("line", hear);
      createInterface({ input: child.stdout }).on("line", (line) => {
        const said = read(line);
        // Somebody else's word on that stream.
        if (said === undefined) hear(line);
        else heard.shift()?.(said);
      });
    },
  );
  const broken = over.then((code): never => {
    throw new Error(`it ended with exit code ${code}`);
  });
  // Whoever waits is told; between two files nobody does.
  broken.catch(() => undefined);
  return {
    ready: Promise.race([next(), broken]).then(() => undefined),
    async run(file) {
      input?.write(`${file}\n`);
      const said = await Promise.race([next(), broken]);
      if (!("ended" in said)) throw new Error("it said something else than how the file ended");
      return said.ended;
    },
    async leave() {
      input?.end();
      await over.catch(() => undefined);
    },
  };
}

function read(line: string): Said | undefined {
  try {
    const said: Said = JSON.parse(line);
    return "ready" in said || "ended" in said ? said : undefined;
  } catch {
    return undefined;
  }
}
