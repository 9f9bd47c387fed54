import { spawn } from "node:child_process";
import { once } from "node:events";

import { CliError } from "../../errors.ts";
import { COMPARE_LIMITS } from "../limits.ts";
import { Answers, tooLong, type Wire } from "./wire.ts";

/** A server that is started for it, over its standard streams. Its standard error is shown. */
export async function openStdio(command: string, args: readonly string[]): Promise<Wire> {
  const child = spawn(command, [...args], { stdio: ["pipe", "pipe", "inherit"] });
  const spawned = once(child, "spawn");
  const exited = new Promise((resolve) => child.once("exit", resolve));
  const answers = new Answers((text) => void child.stdin.write(`${text}\n`));
  child.stdin.on("error", () => {});
  child.once("exit", (code, signal) =>
    answers.fail(`the server ended (${signal ?? `exit ${code}`})`),
  );
  child.once("error", (error) => answers.fail(`the server cannot be started: ${error.message}`));
  readLines(child.stdout, answers);
  try {
    await spawned;
  } catch (cause) {
    throw new CliError("CLI_NOT_COMPARED", `cannot start ${command}: ${String(cause)}`, { cause });
  }
  return {
    ask: (message, signal) => {
      const answer = answers.wait(message.id, signal);
      child.stdin.write(`${JSON.stringify(message)}\n`);
      return answer;
    },
    tell: async (message) => void child.stdin.write(`${JSON.stringify(message)}\n`),
    speak: () => {},
    close: async () => {
      child.stdin.end();
      const timer = setTimeout(() => child.kill("SIGKILL"), 1_000);
      if (child.exitCode === null && child.signalCode === null) await exited;
      clearTimeout(timer);
    },
  };
}

function readLines(stream: NodeJS.ReadableStream, answers: Answers): void {
  let parts: Buffer[] = [];
  let size = 0;
  stream.on("data", (chunk: Buffer) => {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, start)) {
      parts.push(chunk.subarray(start, end));
      answers.take(Buffer.concat(parts).toString());
      parts = [];
      size = 0;
      start = end + 1;
    }
    parts.push(chunk.subarray(start));
    size += chunk.length - start;
    if (size <= COMPARE_LIMITS.messageBytes) return;
    parts = [];
    answers.fail(tooLong());
    stream.pause();
  });
}
