// A recording thread that does nothing with what it gets.
import { parentPort } from "node:worker_threads";

parentPort?.on("message", (events: readonly { readonly kind: string }[]) => {
  if (events.some(({ kind }) => kind === "end")) process.exit(0);
});
