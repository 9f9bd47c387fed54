// A recording thread that does nothing with what it gets.
import { parentPort } from "node:worker_threads";

parentPort?.on("message", ({ kind }: { kind: string }) => {
  if (kind === "end") process.exit(0);
});
