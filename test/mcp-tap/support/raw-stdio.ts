// A server over stdio: `node raw-stdio.ts <variant> [exit code]`. It also says a line on standard error.
import { createInterface } from "node:readline";

import { answerRaw } from "./raw-tools.ts";

const [variant, exit] = process.argv.slice(2);
if (variant === "trap") process.on("SIGTERM", () => process.exit(7));
process.stderr.write("raw-stdio: ready\n");
for await (const line of createInterface({ input: process.stdin })) {
  if (line === "crash") process.kill(process.pid, "SIGKILL");
  if (line === "environment") {
    process.stdout.write(`${JSON.stringify(Object.keys(process.env).toSorted())}\n`);
    continue;
  }
  const answer = answerRaw(variant === "gates" ? "gates" : "dewey", line);
  if (answer !== undefined) process.stdout.write(`${answer}\n`);
}
process.exit(Number(exit ?? 0));
