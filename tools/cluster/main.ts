// npm run -s cluster -- <command ...>: runs a command beside a control plane of its own.
import { main, ToolError } from "../say.ts";
import { findBinaries } from "./binaries.ts";
import { whyNoEnclosure } from "./enclosure.ts";
import { parseOptions } from "./options.ts";
import { runEnclosed } from "./run-enclosed.ts";

await main(async () => {
  const args = process.argv.slice(2);
  parseOptions(args);
  const why = await whyNoEnclosure();
  if (why !== undefined) throw new ToolError(`no control plane can be started: ${why}`);
  return await runEnclosed(await findBinaries(), args);
});
